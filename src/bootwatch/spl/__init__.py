"""Splunk's Search Processing Language: text to stages, stages to commands, commands to a plan of the algebra."""
