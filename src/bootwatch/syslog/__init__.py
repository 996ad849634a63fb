"""Syslog: headers as RFC 3164, RFC 5424 and network devices write them, and which lines belong together."""

from bootwatch.syslog.continuation import STARTS, is_continuation
from bootwatch.syslog.headers import FACILITIES, FIELDS, SEVERITIES, parse

__all__ = ["FACILITIES", "FIELDS", "SEVERITIES", "STARTS", "is_continuation", "parse"]
