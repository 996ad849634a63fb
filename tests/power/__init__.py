"""A disk that loses power: what was not synced is gone, as on hardware without a battery."""
