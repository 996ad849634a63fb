"""Tags for segments that were sealed before a rule was registered or changed: only what is missing is looked for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from bootwatch.events.clock import Clock
from bootwatch.events.fields import RAW
from bootwatch.store import manifest as manifests
from bootwatch.store import tags
from bootwatch.store.durable import write_file
from bootwatch.store.layout import SEGMENT_ENDING, TAGS
from bootwatch.store.lock import WriteLock
from bootwatch.store.manifest import Manifest
from bootwatch.store.records import Commit, Segment, Tags
from bootwatch.store.segment import Damaged, SegmentFile
from bootwatch.store.tags import Found, Rule, Tagger

_TOGETHER: Final = 16
"""Segments of one sidecar: few files to open, and little lost where one is damaged."""


def retag(home: Path, rules: Sequence[Rule], *, clock: Clock | None = None) -> int:
    """Tag every segment for the rules it was not tagged for; answers how many there were.

    A damaged segment is left as it is: a scan names it. Raises StoreError where the store is held or not writable.
    """
    clock = clock or Clock.of()
    with WriteLock(home) as _:
        manifest = manifests.load(home) or Manifest()
        manifests.clean(home, manifest)
        known: dict[str, set[str]] = {segment.path: set() for segment in manifest.segments}
        for record in manifest.tags:
            for path in record.segments:
                known.get(path, set()).update(record.rules)
        missing = [rule for rule in rules if any(rule.hash not in hashes for hashes in known.values())]
        tagger = Tagger(missing)
        lacking = [segment for segment in manifest.segments if not tagger.rules <= known[segment.path]]
        txn = secrets.token_hex(8)
        records: list[Tags] = []
        tagged = 0
        for at in range(0, len(lacking), _TOGETHER):
            found = [one for segment in lacking[at : at + _TOGETHER] if (one := _found(home, segment, tagger))]
            if not found:
                continue
            name = f"{min(one.segment.first_n for one in found):015d}-{txn[:8]}-{at}{SEGMENT_ENDING}"
            sidecar = tags.encode(found, tagger.rules, f"{TAGS}/day={clock.now:%Y-%m-%d}/{name}", txn)
            if sidecar.record.path:
                write_file(home / sidecar.record.path, sidecar.data)
            records.append(sidecar.record)
            tagged += len(found)
        if records:
            commit = Commit(txn, len(records), manifest.next_n, f"{clock.now:%Y-%m-%dT%H:%M:%SZ}")
            manifests.append(home, manifest, records, commit)
        return tagged


def _found(home: Path, segment: Segment, tagger: Tagger) -> Found | None:
    """The tagged rows of a segment, read a row group at a time; None where it is damaged."""
    rows: list[pa.Table] = []
    flags: dict[str, list[tags.Flags]] = {rule: [] for rule in tagger.rules}
    try:
        with SegmentFile(home, segment) as file:
            for group in range(len(segment.groups)):
                tagged = tagger.tag(file.read(group, (RAW,))[RAW])
                for rule in tagger.rules - tagged.wanted.keys():
                    flags.pop(rule, None)  # too many here: the whole segment is scanned for it
                for rule in flags:
                    flags[rule].append(tagged.wanted[rule])
                if len(tagged.rows):
                    rows.append(pa.table(file.read(group, file.names)).take(pa.array(tagged.rows)))
    except Damaged:
        return None
    table = pa.concat_tables(rows) if rows else pa.table({})
    return Found(segment, table, {rule: np.concatenate(parts) for rule, parts in flags.items()})
