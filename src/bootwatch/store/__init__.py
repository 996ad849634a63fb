"""Segments of events on disk: written once, checked on every read, found through a manifest."""
