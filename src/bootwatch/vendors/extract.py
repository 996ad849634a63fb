"""What messages say in their text (user, source, command, object ...), by the ``extract`` rules of vendor profiles.

A message's own name decides which rules see it: the profile that recognised it together with its mnemonic, or the tag
its profile finds where there is none. That is decided once per distinct name of a batch; only the rows a rule is for
meet its pattern, and a search that does not name a rule's fields never runs it. So noise costs one comparison of codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bootwatch.events.fields import VENDOR_FIELDS
from bootwatch.match.heads import Codes, Heads, Offsets
from bootwatch.vendors.acts import OF_COMMAND, Acts
from bootwatch.vendors.matching import Found, Rows, apply, groups_of
from bootwatch.vendors.profile import OTHER, SYSTEM, Entry, Extract, Profile, document, profiles, reading

_ADDRESS: Final = r"^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$"
_WRITTEN: Final = ("result", "action")
"""Fields whose values ``values.yaml`` translates."""
FAMILY: Final = "#family"
"""Hidden column that comes with ``command``: the system family of the device a record tells of; null where it is the
sender's own or nobody says.
"""
_REMEMBERED: Final = 1 << 16
_NEEDS: Final = {"src_ip": "src", "src": "src_ip", **dict.fromkeys(("command_source", *OF_COMMAND), "command")}


class Named(Protocol):
    """The mnemonics of a batch: for each message its code in ``parts`` (-1: none) and where its text begins."""

    @property
    def codes(self) -> Codes: ...

    @property
    def after(self) -> Offsets: ...

    @property
    def parts(self) -> tuple[tuple[str, str, str], ...]:
        """Facility, severity, mnemonic."""


class Extractor:
    """Reads the vendor fields of batches; it remembers the commands it has met. Safe to use from several threads."""

    def __init__(self, known: tuple[Profile, ...] | None = None) -> None:
        self._profiles = profiles() if known is None else known
        self._by_name = {profile.name: profile for profile in self._profiles}
        self._owners = [(profile, rule) for profile in self._profiles for rule in profile.rules]
        self._rules: dict[str, tuple[Extract, ...]] = {}
        self._chosen: dict[tuple[int, str, str, frozenset[str]], tuple[Extract, ...]] = {}
        self._tags: dict[tuple[str, bytes], tuple[str, int]] = {}
        self._acts = Acts()
        self._places = np.array([self._profiles.index(profile) for profile, _ in self._owners], np.int64)

    def read(
        self, heads: Heads, recognised: Codes, named: Named, wanted: frozenset[str]
    ) -> Mapping[str, pa.StringArray]:
        """The ``wanted`` columns among ``VENDOR_FIELDS``, one value per message, null where it does not say.

        ``recognised`` is what :meth:`Recogniser.rules_of` says of ``heads``, ``named`` their
        mnemonics. Nothing raises, whatever the bytes; a message's fields do not depend on its neighbours.
        """
        names = wanted.intersection(VENDOR_FIELDS)
        if not names:
            return {}
        needed = names | {_NEEDS[name] for name in names if name in _NEEDS}
        if "command" in needed:
            needed |= {SYSTEM}
        found = Found(len(heads))
        if len(heads):
            self._read(heads, recognised, named, needed, found)
        columns = {name: found.column(name) for name in sorted(names)}
        if "command" in needed:
            columns[FAMILY] = self._families_of(found)
        return columns

    def _read(self, heads: Heads, recognised: Codes, named: Named, needed: frozenset[str], found: Found) -> None:
        width = len(named.parts) + 1
        pairs = recognised.astype(np.int64) * width + named.codes + 1
        present = np.flatnonzero(np.bincount(pairs, minlength=1))
        by_rules: dict[tuple[Extract, ...], list[int]] = {}
        untold: dict[Profile, list[int]] = {}
        for pair in present.tolist():
            owner, code = divmod(pair, width)
            if owner >= len(self._owners):
                continue
            profile, _ = self._owners[owner]
            if code == 0 and reading(profile).tag is not None:
                untold.setdefault(profile, []).append(pair)
                continue
            facility, _, name = named.parts[code - 1] if code else ("", "", "")
            rules = self._rules_for(owner, facility, name, needed)
            if rules:
                by_rules.setdefault(rules, []).append(pair)
        for rules, members in by_rules.items():
            rows = _rows_of(pairs, members)
            after = named.after[rows]
            texts = heads.text(np.where(after >= 0, after, heads.starts[rows]), heads.ends[rows])
            apply(rules, texts, rows, needed, found)
        for profile, members in untold.items():
            self._by_tag(heads, recognised, _rows_of(pairs, members), profile, needed, found)
        self._derive(recognised, needed, found)

    def _by_tag(
        self, heads: Heads, recognised: Codes, rows: Rows, profile: Profile, needed: frozenset[str], found: Found
    ) -> None:
        """Messages of one profile without a mnemonic: its ``tag`` pattern names them, once per distinct head."""
        if not any(rule.names & needed for rule in self._rules_of(profile)):
            return
        pairs = heads.codes[rows].astype(np.int64) * len(heads.tails) + heads.tail_codes[rows]
        distinct, which = np.unique(pairs, return_inverse=True)
        count = len(heads.tails)
        keys = [heads.shapes[pair // count][:-1] + heads.tails[pair % count] for pair in distinct.tolist()]
        tags = self._tags_of(profile, keys)
        names = list(dict.fromkeys(tag for tag, _ in tags))
        codes = np.array([names.index(tag) for tag, _ in tags], np.int64)[which]
        after = heads.starts[rows] + np.array([end for _, end in tags], np.int64)[which]
        width = len(names)
        pairs = recognised[rows].astype(np.int64) * width + codes
        by_rules: dict[tuple[Extract, ...], list[int]] = {}
        for pair in np.flatnonzero(np.bincount(pairs)).tolist():
            owner, code = divmod(pair, width)
            if rules := self._rules_for(owner, "", names[code], needed):
                by_rules.setdefault(rules, []).append(pair)
        for rules, members in by_rules.items():
            some = _rows_of(pairs, members)
            apply(rules, heads.text(after[some], heads.ends[rows[some]]), rows[some], needed, found)

    def _tags_of(self, profile: Profile, keys: list[bytes]) -> list[tuple[str, int]]:
        """The tag in each head, and how many bytes into the message it ends; no tag, and the whole message is text."""
        known = self._tags  # another thread may start a new one, and never takes from this one
        if len(known) > _REMEMBERED:
            known = self._tags = {}
        missing = [key for key in keys if (profile.name, key) not in known]
        pattern = reading(profile).tag
        if missing and pattern is not None:
            # As Latin-1 every byte is one character, so that lengths of texts are offsets.
            before, tag = groups_of(pa.array([key.decode("latin-1") for key in missing], pa.string()), pattern)
            for key, skipped, name in zip(missing, before.to_pylist(), tag.to_pylist(), strict=True):
                known[profile.name, key] = (name, len(skipped) + len(name)) if name else ("", 0)
        return [known[profile.name, key] for key in keys]

    def _rules_for(self, owner: int, facility: str, name: str, needed: frozenset[str]) -> tuple[Extract, ...]:
        """The rules for a message of this name that fill anything needed, in their order."""
        key = (owner, facility, name, needed)
        rules = self._chosen.get(key)
        if rules is None:
            profile, rule = self._owners[owner]
            names = {name, f"{facility}/{name}", rule.sourcetype} - {"", "/"}
            mine = [extract for extract in self._rules_of(profile) if not names.isdisjoint(extract.when)]
            mine = mine or [extract for extract in self._rules_of(profile) if OTHER in extract.when]
            rules = tuple(extract for extract in mine if not extract.names.isdisjoint(needed))
            if len(self._chosen) > _REMEMBERED:
                self._chosen = {}
            self._chosen[key] = rules
        return rules

    def _rules_of(self, profile: Profile) -> tuple[Extract, ...]:
        """A profile's own rules, then those of the profile it is like; read when its first message is met."""
        rules = self._rules.get(profile.name)
        if rules is None:
            rules, seen = (), set[str]()
            following: str | None = profile.name
            while following is not None and following in self._by_name and following not in seen:
                seen.add(following)
                told = reading(self._by_name[following])
                rules += told.rules
                following = told.like
            self._rules[profile.name] = rules
        return rules

    def _families_of(self, found: Found) -> pa.StringArray:
        coded = found.column(SYSTEM).dictionary_encode()
        return pa.array([self._by_name[name].os_family for name in coded.dictionary.to_pylist()], pa.string()).take(
            coded.indices
        )

    def _translate(self, name: str, found: Found) -> None:
        rows, written = found.told(name)
        if len(rows):
            coded = written.dictionary_encode()
            values = [_values(name).get(text.lower(), text) for text in coded.dictionary.to_pylist()]
            found.clear(name)
            found.put(name, rows, pa.array(values, pa.string()).take(coded.indices))

    def _derive(self, recognised: Codes, needed: frozenset[str], found: Found) -> None:
        """Fields that follow from others: an address from a source, what a command does to what."""
        if needed & {"src", "src_ip"}:
            rows, source = found.told("src")
            address = pc.match_substring_regex(source, _ADDRESS)
            found.put("src_ip", rows[address.to_numpy(zero_copy_only=False)], source.filter(address))
            rows, source = found.told("src_ip")
            found.put("src", rows, source)
        for name in _WRITTEN:
            if name in needed:
                self._translate(name, found)
        if "command" not in needed:
            return
        rows, commands = found.told("command")
        found.keep("command_source", rows)
        if not len(rows):
            return
        found.clear("command")
        owners = self._places[recognised[rows]]
        told, systems = found.told(SYSTEM)
        if len(told):
            place = {profile.name: at for at, profile in enumerate(self._profiles)}
            named = np.full(len(recognised), -1, np.int64)
            named[told] = [place[system] for system in systems.to_pylist()]
            owners = np.where(named[rows] >= 0, named[rows], owners)
        for owner in np.unique(owners).tolist():
            some = np.flatnonzero(owners == owner)
            columns = self._acts.read(self._profiles[owner], commands.take(pa.array(some)), needed)
            for name, column in columns.items():
                found.put(name, rows[some], column)


@cache
def _values(name: str) -> dict[str, str]:
    """What messages write for a field, in lower case, to what it says."""
    file = resources.files(__package__).joinpath("values.yaml")
    entry = Entry(document(file.read_text("utf-8"), file), str(file), "the file")
    entry.only(frozenset(_WRITTEN))
    values = Entry(entry.values.get(name), str(file), repr(name))
    return {written: values.text(written) for written in values.values}


def _rows_of(pairs: Rows, members: list[int]) -> Rows:
    if len(members) == 1:
        return np.flatnonzero(pairs == members[0])
    wanted = np.zeros(int(pairs.max()) + 1, np.bool_)
    wanted[members] = True
    return np.flatnonzero(wanted[pairs])
