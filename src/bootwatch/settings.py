"""What the service is told: one frozen value, from options, the environment and a TOML file, each key described here.

Of several places that name a key the option wins, then the environment (``BOOTWATCH_`` and the key in capitals, dots as
underscores), then the file. A key that does not exist is refused with its place.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from bootwatch.errors import SettingsError

_ENVIRONMENT: Final = "BOOTWATCH_"


def _key(doc: str, default: Any) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class HecToken:
    """One ``[[hec.token]]``: ``value`` is the secret, shown nowhere."""

    value: str = field(repr=False)
    name: str = "hec"
    ack: bool = False
    index: str = ""
    indexes: tuple[str, ...] = ()
    sourcetype: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of ``bootwatch serve``; a field ``tls_certificate`` is the key ``tls.certificate``."""

    home: str = _key("Directory of the store; empty: BOOTWATCH_HOME, else bootwatch in the XDG data directory.", "")
    udp: str = _key("Syslog over UDP: HOST:PORT, or off.", "127.0.0.1:5514")
    tcp: str = _key("Syslog over TCP: HOST:PORT, or off.", "127.0.0.1:5514")
    tls: str = _key("Syslog over TLS: HOST:PORT, or off. Needs tls.certificate.", "off")
    hec: str = _key("Splunk's HTTP Event Collector: HOST:PORT, or off.", "127.0.0.1:8088")
    splunkd: str = _key("Splunk's management port: taken, and reported as not built.", "127.0.0.1:8089")
    web: str = _key("Health and metrics over HTTP: HOST:PORT, or off.", "127.0.0.1:8000")
    tz: str = _key("Zone of stamps that carry none, an IANA name.", "UTC")
    user: str = _key("Account to run as once the doors are open; only where started as root.", "")
    watch: tuple[str, ...] = _key("Files and folders to follow; what is appended is taken in.", ())
    udp_buffer_bytes: int = _key("Receive buffer to ask of the kernel for UDP.", 64 << 20)
    tcp_connections: int = _key("Connections a stream door holds at once.", 4096)
    tls_certificate: str = _key("PEM file with the server's certificate and its chain.", "")
    tls_key: str = _key("PEM file with its private key; empty: in the certificate's file.", "")
    tls_client_ca: str = _key("PEM file with the authorities client certificates are checked against.", "")
    tls_client_required: bool = _key("Whether a sender has to show a certificate.", False)
    tls_revoked: str = _key("PEM file with a certificate revocation list.", "")
    hec_tls: bool = _key("Whether the event collector speaks HTTPS, with tls.certificate.", False)
    hec_body_bytes: int = _key("Largest body of a request, unpacked.", 64 << 20)
    hec_token: tuple[HecToken, ...] = _key("Tables of tokens: value, name, ack, index, indexes, sourcetype.", ())
    store_queue_bytes: int = _key("What may wait to be written before senders are held back.", 64 << 20)
    store_log_bytes: int = _key("A log file of this size is sealed.", 64 << 20)
    store_seal_after_s: float = _key("A log file that is this old is sealed.", 60.0)
    store_keep_days: int = _key("Events are removed after so many days; 0: never.", 0)
    store_keep_bytes: int = _key("The oldest events are removed beyond so many bytes; 0: never.", 0)
    store_upkeep_s: float = _key("How often small segments are merged, files checked and old events removed.", 30.0)
    detect_every_s: float = _key("How often detections look at what has come.", 0.25)
    detect_whole_log_every_s: float = _key(
        "How often detections that read everything (volumes, silence) look at the last weeks; 0: never.", 3600.0
    )
    detect_content: tuple[str, ...] = _key("Further content packs.", ())
    detect_changes: str = _key("Approved changes: .ics, .csv or .json.", "")
    detect_allow: str = _key("Management systems: .json or .csv.", "")
    detect_inventory: str = _key("The inventory: .json, .csv or .toml.", "")
    detect_exceptions: str = _key("Exceptions, with owner, reason, ticket and expiry: .yaml.", "")
    detect_searches: str = _key("Searches that run by the clock and alert: a YAML file.", "")
    alerts_min_severity: str = _key("Findings below it make no alert: info, low, medium, high or critical.", "medium")
    alerts_sinks: str = _key("Where alerts go: a YAML file.", "")
    log_level: str = _key("debug, info, warning or error.", "info")
    log_format: str = _key("text or json.", "text")

    @classmethod
    def read(
        cls,
        file: Path | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Settings:
        """From all places. ``options`` are by field name, None where not given. Raises SettingsError."""
        found: dict[str, Any] = {} if file is None else _of_file(file)
        environment = os.environ if environment is None else environment
        for one in fields(cls):
            text = environment.get(_ENVIRONMENT + one.name.upper())
            if text is not None and one.name != "hec_token":
                found[one.name] = _of_text(one.name, text, one.default, _ENVIRONMENT + one.name.upper())
        found |= {name: value for name, value in (options or {}).items() if value is not None}
        made = cls(**found)
        made._check()
        return made

    def _check(self) -> None:
        for name, accepted in (
            ("log_level", ("debug", "info", "warning", "error")),
            ("log_format", ("text", "json")),
            ("alerts_min_severity", ("info", "low", "medium", "high", "critical")),
        ):
            if getattr(self, name) not in accepted:
                raise SettingsError(f"{getattr(self, name)!r}; accepted: {', '.join(accepted)}", key=key_of(name))
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
                raise SettingsError(f"{value} is negative", key=key_of(one.name))
        if (self.tls.lower() != "off" or self.hec_tls) and not self.tls_certificate:
            raise SettingsError("needs tls.certificate", key="tls" if self.tls.lower() != "off" else "hec.tls")


def key_of(name: str) -> str:
    """The key in the file of a field: the first part is the table, where there is one of that name."""
    table, _, rest = name.partition("_")
    return f"{table}.{rest}" if rest and table in _TABLES else name


def described() -> list[tuple[str, str, str, str]]:
    """Every key with its environment name, its default and what it means."""
    return [
        (key_of(one.name), _ENVIRONMENT + one.name.upper(), _shown(one.default), one.metadata["doc"])
        for one in fields(Settings)
    ]


_TABLES: Final = frozenset({"udp", "tcp", "tls", "hec", "store", "detect", "alerts", "log"})
_NAMES: Final = {key_of(one.name): one for one in fields(Settings)}


def _shown(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return "none"
        case "":
            return "empty"
        case _:
            return str(value)


def _of_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text)
    except OSError as exc:
        raise SettingsError(f"cannot be read: {exc.strerror or exc}", key=str(path)) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"not TOML: {exc}", key=str(path)) from exc
    found: dict[str, Any] = {}
    for key, value in _flat(document):
        one = _NAMES.get(key)
        place = f"{path}:{_line_of(text, key)}"
        if one is None:
            near = difflib.get_close_matches(key, _NAMES, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(sorted(_NAMES))}"
            raise SettingsError(f"unknown key '{key}'{hint}", key=place)
        found[one.name] = _of_toml(key, value, one.default, place)
    return found


def _flat(document: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Dotted keys; ``[tls] listen`` is the door itself, so that a table and its door can stand in one file."""
    found: list[tuple[str, Any]] = []
    for name, value in document.items():
        if not isinstance(value, dict):
            found.append((name, value))
            continue
        for inner, item in value.items():
            found.append((name if inner == "listen" else f"{name}.{inner}", item))
    return found


def _line_of(text: str, key: str) -> int:
    """The first line that assigns the last part of a key; 1 where it cannot be told."""
    last = re.escape(key.rpartition(".")[2])
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf'\s*(?:\[+)?(?:[\w.]+\.)?"?{last}"?\s*(?:=|\])', line):
            return number
    return 1


def _of_toml(key: str, value: Any, default: Any, place: str) -> Any:
    if key == "hec.token":
        return _tokens(value, place)
    wrong = SettingsError(f"'{key}' is {value!r}; accepted: {_accepted(default)}", key=place)
    match default:
        case bool():
            ok = isinstance(value, bool)
        case int():
            ok = isinstance(value, int) and not isinstance(value, bool)
        case float():
            ok = isinstance(value, int | float) and not isinstance(value, bool)
        case tuple():
            ok = isinstance(value, list) and all(isinstance(item, str) for item in value)
            value = tuple(value) if ok else value
        case _:
            ok = isinstance(value, str)
    if not ok:
        raise wrong
    return value


def _tokens(value: Any, place: str) -> tuple[HecToken, ...]:
    known = {one.name: one for one in fields(HecToken)}
    made = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict) or not isinstance(item.get("value"), str) or not item["value"]:
            raise SettingsError("a token needs its 'value'", key=place)
        for name, given in item.items():
            if name not in known:
                raise SettingsError(f"unknown key '{name}' of a token; known: {', '.join(known)}", key=place)
            if name == "indexes":
                if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
                    raise SettingsError("'indexes' of a token should be a list of names", key=place)
            elif not isinstance(given, bool if name in ("ack", "disabled") else str):
                raise SettingsError(f"'{name}' of a token is {given!r}", key=place)
        arguments: dict[str, Any] = dict(item)
        if "indexes" in arguments:
            arguments["indexes"] = tuple(arguments["indexes"])
        made.append(HecToken(**arguments))
    return tuple(made)


def _of_text(name: str, text: str, default: Any, place: str) -> Any:
    """A value from the environment."""
    try:
        match default:
            case bool():
                return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
            case int():
                return int(text)
            case float():
                return float(text)
            case tuple():
                return tuple(part for part in text.split(os.pathsep) if part)
            case _:
                return text
    except (ValueError, KeyError):
        raise SettingsError(f"'{key_of(name)}' is {text!r}; accepted: {_accepted(default)}", key=place) from None


def _accepted(default: Any) -> str:
    match default:
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case tuple():
            return "a list of texts"
        case _:
            return "text"
