"""Eval and stats functions, a family a file, found by looking in this folder; see :mod:`bootwatch.spl.functions.registry`."""
