"""YAML that people write: read safely and strictly, errors with file, line and what would be accepted."""
