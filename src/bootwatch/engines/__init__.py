"""Engines run plans: each spells the algebra in its own language, or refuses by name."""
