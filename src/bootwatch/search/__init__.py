"""A query as a job: text and scope in, rows and messages out."""
