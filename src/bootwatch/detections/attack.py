"""ATT&CK as data: techniques and tactics by their ids and names, the retired ones led to what replaced them.

The shipped subset is ``content/attack.json`` (version 19, the techniques that concern network devices). Version 19
split the tactic Defense Evasion into Stealth and Defense Impairment and replaced T1562 and its parts; content written
before keeps working through ``former_tactics`` and ``revoked``.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from bootwatch.errors import ContentError


class AttackNameError(LookupError):
    """No technique or tactic answers to a name; the message suggests near ones."""


@dataclass(frozen=True, slots=True)
class Tactic:
    """``id`` such as TA0112, ``shortname`` such as defense-impairment, ``name`` such as Defense Impairment."""

    id: str
    shortname: str
    name: str


@dataclass(frozen=True, slots=True)
class Technique:
    """``id`` such as T1601.001; ``tactics`` in the order of the matrix."""

    id: str
    name: str
    tactics: tuple[Tactic, ...]

    @property
    def url(self) -> str:
        """The technique's page at MITRE."""
        return f"https://attack.mitre.org/techniques/{self.id.replace('.', '/')}/"


@dataclass(frozen=True, slots=True)
class Attack:
    """One version of ATT&CK. Names are compared without case, and ``-``, ``_`` and blanks are the same."""

    version: str
    attribution: str
    tactics: tuple[Tactic, ...]
    techniques: tuple[Technique, ...]
    revoked: dict[str, str]
    """Revoked technique id to the id that replaced it."""
    former_tactics: dict[str, tuple[str, ...]]
    """Shortname of a retired tactic to the shortnames of those it became."""
    former_names: dict[str, str]
    """Former name of a revoked technique to its id."""

    @classmethod
    def read(cls, file: Traversable) -> Attack:
        """From ``attack.json``. Raises ContentError where a technique names a tactic the file does not have."""
        try:
            data = json.loads(file.read_bytes())
        except OSError as exc:
            raise ContentError(f"cannot be read: {exc.strerror}", path=str(file)) from exc
        except json.JSONDecodeError as exc:
            raise ContentError(f"not JSON: {exc.msg}", path=str(file), line=exc.lineno) from exc
        try:
            tactics = {t["shortname"]: Tactic(t["id"], t["shortname"], t["name"]) for t in data["tactics"]}
            techniques = tuple(
                Technique(t["id"], t["name"], tuple(tactics[name] for name in t["tactics"])) for t in data["techniques"]
            )
            known = {technique.id for technique in techniques}
            for old in data["revoked"]:
                if old["by"] not in known:
                    raise KeyError(old["by"])
            return cls(
                version=data["version"],
                attribution=data["attribution"],
                tactics=tuple(tactics.values()),
                techniques=techniques,
                revoked={old["id"]: old["by"] for old in data["revoked"]},
                former_tactics={
                    old["shortname"]: tuple(tactics[name].shortname for name in old["became"])
                    for old in data["former_tactics"]
                },
                former_names={_folded(old["name"]): old["id"] for old in data["revoked"]},
            )
        except KeyError as exc:
            raise ContentError(f"names {exc.args[0]!r}, which it does not define", path=str(file)) from exc

    def technique(self, name: str) -> Technique:
        """By id (``T1601.001``, ``t1601.001``, ``attack.t1601.001``) or name; a revoked one gives its replacement."""
        ident = name.strip().upper().removeprefix("ATTACK.")
        by_name = {_folded(technique.name): technique for technique in self.techniques}
        by_id = {technique.id: technique for technique in self.techniques}
        ident = self.revoked.get(ident, ident)
        if found := by_id.get(ident) or by_name.get(_folded(name)):
            return found
        if (former := self.former_names.get(_folded(name))) is not None:
            return by_id[self.revoked[former]]
        near = difflib.get_close_matches(ident, [*by_id, *self.revoked], 3, 0.75)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise AttackNameError(f"no technique '{name}' in ATT&CK v{self.version}{hint}")

    def tactics_named(self, name: str) -> tuple[Tactic, ...]:
        """The tactics a name stands for: one, or several for a name that was split (``defense-evasion``).

        Accepts an id (``TA0112``; ids are read as this version uses them), a shortname, a display name, and Sigma's
        ``attack.defense-impairment``.
        """
        folded = _folded(name).removeprefix("attack.")
        if (became := self.former_tactics.get(folded)) is not None:
            return tuple(tactic for tactic in self.tactics if tactic.shortname in became)
        for tactic in self.tactics:
            if folded in (tactic.shortname, tactic.id.lower()):
                return (tactic,)
        near = difflib.get_close_matches(folded, [t.shortname for t in self.tactics] + [*self.former_tactics], 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise AttackNameError(f"no tactic '{name}' in ATT&CK v{self.version}{hint}")


def _folded(name: str) -> str:
    return "-".join(name.strip().lower().replace("_", " ").replace("-", " ").split())
