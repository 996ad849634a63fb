"""Who may send to the event collector: tokens of the settings and the environment, else one made at the first start."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bootwatch.errors import SettingsError
from bootwatch.ingest.hec import Token
from bootwatch.settings import Settings
from bootwatch.store.durable import write_file

_SECRETS: Final = "secrets.json"


class _Secrets(msgspec.Struct):
    hec_token: str


def tokens(settings: Settings, home: Path, say: Callable[[str], None]) -> dict[str, Token]:
    """Every token by its value; ``say`` is told one that is made now. Raises SettingsError."""
    found = {
        one.value: Token(one.value, one.name, one.ack, one.index, one.indexes, one.sourcetype, one.disabled)
        for one in settings.hec_token
    }
    given = os.environ.get("BOOTWATCH_HEC_TOKEN")
    if given:
        found[given] = Token(given, "environment")
    elif not found:
        own = _own(home, say)
        found[own] = Token(own, "first")
    return found


def _own(home: Path, say: Callable[[str], None]) -> str:
    """The token that was made at the first start; it is printed then, and only then."""
    path = home / _SECRETS
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Secrets).hec_token
    except FileNotFoundError:
        made = _Secrets(secrets.token_hex(16))
        write_file(path, msgspec.json.encode(made))
        path.chmod(0o600)
        say(f"hec token {made.hec_token}")
        return made.hec_token
    except (OSError, msgspec.MsgspecError) as exc:
        raise SettingsError(f"{path} cannot be used: {exc}", key="hec.token") from exc
