"""Operators over whole tables that are not relational: Arrow in, Arrow out, the same code on every engine."""
