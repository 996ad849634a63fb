"""Knowledge objects: macros, lookups, event types and data models, read from files when a search names them."""
