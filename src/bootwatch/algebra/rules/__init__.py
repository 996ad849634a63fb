"""Rewrites that keep a plan's rows and make it cheaper: bounds and literals pushed to the scan, columns pruned."""
