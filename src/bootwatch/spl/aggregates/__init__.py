"""Aggregate functions of stats and its relatives: one decorated function each, found by looking."""
