"""From the rows of a detection's search to findings: one per host and story, each explained."""
