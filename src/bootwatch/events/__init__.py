"""Field names, the event batch, what a source of events answers, and the clock."""
