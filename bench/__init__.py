"""Measurements a reader can repeat: a seeded log, the peers, counts first and ratios second."""
