"""Labelled stories: attacks on device images, maintenance that looks like them, and audits that only read."""
