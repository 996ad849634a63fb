"""Eval functions, a family a file, found by looking in this folder; see the registry beside them."""
