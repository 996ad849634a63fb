"""What a device runs, where the record of an AAA server does not say: its own messages, or the inventory, do.

``install activate`` is one act on IOS XE and another on IOS XR, and TACACS+ accounting writes the command alone.
Without a better word such a record has the rows of the first system that knows the command; with one, those of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.detect.acts import SERVERS
from bootwatch.events.fields import TAG_FIELDS
from bootwatch.vendors.indicators import catalogue

FamilyOf = Callable[[str], str | None]
"""The family of a device by its name; None where nobody knows."""


def nobody_knows(host: str) -> str | None:
    """Where there is no inventory."""
    return None


def of_hosts(hosts: pa.Array, families: pa.Array, family_of: FamilyOf) -> dict[str, str]:
    """The family of each host that a server tells of: what its own messages say most often, else ``family_of``."""
    told: dict[str, Counter[str]] = {}
    pairs = pa.table({"host": hosts, "family": families}).group_by(["host", "family"]).aggregate([([], "count_all")])
    for row in pairs.to_pylist():
        if row["host"] is not None:
            told.setdefault(row["host"], Counter())[row["family"] or ""] += row["count_all"]
    found: dict[str, str] = {}
    for host, counts in told.items():
        if not SERVERS.isdisjoint(counts):
            own = [family for family, _ in counts.most_common() if family and family not in SERVERS]
            family = own[0] if own else family_of(host)
            if family is not None:
                found[host] = family
    return found


def retagged(batch: pa.RecordBatch, hosts: pa.Array, families: Mapping[str, str]) -> dict[str, pa.Array]:
    """The tags of a batch whose hosts are ``hosts``, those of servers' records read for the system they are about."""
    server = pc.is_in(batch.column("os_family"), value_set=pa.array(sorted(SERVERS)))
    known = pc.is_in(hosts, value_set=pa.array(sorted(families), pa.string()))
    rows = np.flatnonzero(
        pc.and_(pc.and_(server, known), pc.is_valid(batch.column("command"))).to_numpy(zero_copy_only=False)
    )
    if not len(rows):
        return {}
    some = pa.array(rows)
    named = pa.array([families[host] for host in hosts.take(some).to_pylist()], pa.string())
    read = catalogue().evaluate(named, batch.column("command").take(some), pa.nulls(len(rows), pa.string()))
    places = np.arange(batch.num_rows)
    places[rows] = batch.num_rows + np.arange(len(rows))
    order = pa.array(places)
    return {
        name: pa.concat_arrays([batch.column(name), new.cast(batch.column(name).type)]).take(order)
        for name, new in zip(TAG_FIELDS, (read.ids, read.classes), strict=True)
    }
