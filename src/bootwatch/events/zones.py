"""Zone names behind a clock time, as devices write them and as ``strptime`` reads them, and what they mean.

A name means one offset here only where network devices use it for one: ``CST`` and ``MST`` are read as North American,
``BST`` as British, because those are what the vendors' own examples show. Names that stand for several zones in common
use (``IST``, ``AST``, ``ADT``) and names an operator made up (``VIENNA``) are not in the table: the caller reads such a
stamp in the user's zone and says that the time is not reliable.
"""

from __future__ import annotations

from typing import Final

_HOURS: Final = {
    "UTC": 0.0, "GMT": 0, "UCT": 0, "Z": 0, "ZULU": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1,
    "MEZ": 1, "MEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3, "SAST": 2, "CAT": 2, "EAT": 3, "WAT": 1,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8,
    "HST": -10, "NST": -3.5, "NDT": -2.5, "BRT": -3, "BRST": -2, "ART": -3, "CLT": -4, "CLST": -3, "COT": -5, "PET": -5,
    "GST": 4, "PKT": 5, "NPT": 5.75, "ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "AWST": 8, "JST": 9,
    "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip


def minutes_of(name: str) -> int | None:
    """Minutes east of Greenwich that a zone name means, ignoring case; None where it means none or several."""
    hours = _HOURS.get(name.upper())
    return None if hours is None else round(hours * 60)
