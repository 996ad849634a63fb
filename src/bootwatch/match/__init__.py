"""Deciding from bytes and text: literals, multi-pattern scanning, regular-expression dialects."""
