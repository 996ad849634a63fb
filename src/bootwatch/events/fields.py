"""Names of the fields an event carries: Splunk's own, and what a syslog or device header says.

Names follow Splunk, the Common Information Model and the Cisco Catalyst add-on.
"""

from __future__ import annotations

from typing import Final

RAW: Final = "_raw"
TIME: Final = "_time"
INDEXTIME: Final = "_indextime"
HOST: Final = "host"
SOURCE: Final = "source"
SOURCETYPE: Final = "sourcetype"
INDEX: Final = "index"

DEFAULT_INDEX: Final = "network"
DEFAULT_SOURCETYPE: Final = "syslog"

EVENT_FIELDS: Final = (TIME, HOST, SOURCE, SOURCETYPE, INDEX, RAW, INDEXTIME)
"""Every event has these, in the order an events view shows them."""

HEADER_FIELDS: Final = (
    "dvc",
    "relay",
    "syslog_facility",
    "syslog_severity",
    "facility",
    "severity_id",
    "mnemonic",
    "message_text",
    "sequence",
    "reliable_time",
    "vendor_product",
    "os_family",
)
"""What a header says (null where it does not); computed only for the names a search needs."""

VENDOR_FIELDS: Final = (
    "command",
    "command_source",
    "user",
    "src",
    "src_ip",
    "line",
    "action",
    "result",
    "object",
    "object_category",
    "object_path",
    "transfer_scheme",
    "transfer_host",
    "version",
    "disable_cause",
    "message_type",
    "src_mac",
    "src_vlan",
    "src_int_prefix_long",
    "src_int_suffix",
)
"""What a vendor profile reads in a message's text (null where it does not say); always computed from ``_raw``, only for
the names a search needs, and never stored. Where a message says nothing of a name, automatic ``key=value`` still may.
"""

TAG_FIELDS: Final = ("indicator", "indicator_class")
"""Which rows of the indicator catalogue a message shows, and their classes: several values each, null where it shows
none; computed like the vendor fields.
"""

READ_FIELDS: Final = frozenset((*VENDOR_FIELDS, *TAG_FIELDS))
"""What is read in ``_raw`` whenever a search names it."""

# Hidden columns of a batch; a leading '#' cannot be written as a field name in SPL, so nothing collides.
ORDER: Final = "#n"
RECOGNISED: Final = "#recognised"
LINE: Final = "#line"
FOLDED: Final = "#folded"
