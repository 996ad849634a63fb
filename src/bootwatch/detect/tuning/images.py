"""Names of images as changes write them and as devices show them: when both mean the same file.

A change says ``cat9k_iosxe.17.09.04a.SPA.bin``, or only ``17.9.4a``; a device shows the file with a path, a URL, its
packages, or the release that came up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

_ENDING: Final = re.compile(
    r"\.(?:bin|img|iso|pkg|tar|tgz|tar\.gz|gz|swix?|pie|rpm|smu|out|ova|qcow2|vmdk|vm|spa|sh|upg|zip|csp|xz)$"
)
_NEVER: Final = re.compile(r"\.(?:cfg|conf|config|txt|pem|crt|cer|p12|pfx|lic|xml|csv|json|log|md5|sha\d*|tcl|py)$")
_HOLDER: Final = frozenset(("packages.conf", "startup-config", "running-config", "null"))
_VERSION: Final = re.compile(r"v?[0-9]+(?:[.(][0-9]+)+(?:[.()-]?[a-z0-9]+)*\)?")
_VERSION_IN_WORDS: Final = re.compile(
    r"(?:[a-z][a-z -]*)?(?:version |release |v)?(?P<version>[0-9]+(?:[.(][0-9]+)+(?:[.()-]?[a-z0-9]+)*\)?)"
)
_ADDRESS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_TOKEN: Final = re.compile(r"[a-z0-9]+")
_TRAIN: Final = re.compile(r"[rsh][0-9]+(?:[a-z0-9]*)")
_SPIN: Final = re.compile(r"(?:[0-9]*r|s)[0-9]+")
_FAMILY: Final = re.compile(r"[a-z0-9]+")
_RELEASE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)+[a-z]?")
_TELLING: Final = re.compile(r"[0-9][.(-][0-9]")
_DIGITS: Final = re.compile(r"[0-9]+")
_DIGEST: Final = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{32})(?![0-9a-f])")
_NAME_IN_TEXT: Final = re.compile(r"[A-Za-z0-9_][\w.+-]*\.(?:bin|img|iso|pkg|tar|tgz|swix?|pie|rpm|out|SPA)\b")

DIGEST_SIZES: Final = {"md5": 32, "sha256": 64, "sha512": 128}


def basename(text: str) -> str:
    """The last part of a path or a URL, in lower case, without quotes and query."""
    bare = text.strip().strip("\"'<>[](),;").split("?")[0].rstrip("/")
    return re.split(r"[/\\:]", bare)[-1].lower()


def is_image(name: str) -> bool:
    """Whether a base name is, by its ending, that of an image or a package."""
    return _ENDING.search(name) is not None and name not in _HOLDER


def is_other(name: str) -> bool:
    """Whether a base name is surely none of an image: a configuration, a certificate, the list of packages."""
    return name in _HOLDER or _NEVER.search(name) is not None


def is_version(name: str) -> bool:
    """Whether a text is a release and nothing else."""
    return _version(name) is not None


def same(approved: str, shown: str) -> bool:
    """Whether the name a change uses and the name a device shows mean one image."""
    wanted, seen = basename(approved), basename(shown)
    if not wanted or not seen:
        return False
    if wanted == seen or wanted == _stem(seen) or _stem(wanted) == seen:
        return True
    release, version = _version(approved), _version(seen)
    if release is not None and version is not None:
        return _squash(release) == _squash(version)
    if release is not None:
        return _holds(seen, release)
    if version is not None:
        return _holds(wanted, version)
    return _is_package_of(seen, wanted)


def covered(approved: Iterable[str], shown: str) -> bool:
    return any(same(name, shown) for name in approved)


def contradicts(version: str, approved: Iterable[str]) -> bool:
    """Whether a release that came up is surely none of the approved images: no name that tells a release holds it."""
    numbers = [str(int(number)) for number in _DIGITS.findall(version)[:3]]
    if len(numbers) < 2:
        return False
    wanted, told = "".join(numbers), False
    for name in approved:
        if _TELLING.search(basename(name)) is None:
            continue
        found = [str(int(number)) for number in _DIGITS.findall(basename(name))]
        told = True
        if any(wanted in accumulate(found[start:]) for start in range(len(found))):
            return False
    return told


def digests(text: str) -> list[str]:
    """MD5, SHA-256 and SHA-512 sums in a text, in lower case."""
    return _DIGEST.findall(text.lower())


def in_text(text: str) -> list[str]:
    """Names of image files in a sentence."""
    return list(dict.fromkeys(_NAME_IN_TEXT.findall(text)))


def listed(texts: Iterable[str]) -> Iterator[str]:
    """Names of a list whose items may themselves be separated by commas, semicolons or line breaks."""
    for text in texts:
        yield from (part.strip() for part in re.split(r"[,;\n]", text) if part.strip())


def _stem(name: str) -> str:
    return _ENDING.sub("", name)


def _version(text: str) -> str | None:
    bare = text.strip().lower()
    if _ADDRESS.fullmatch(bare) or is_image(bare):
        return None
    if _VERSION.fullmatch(bare):
        return bare.removeprefix("v")
    found = _VERSION_IN_WORDS.fullmatch(bare) if " " in bare else None
    return found["version"] if found else None


def _squash(version: str) -> str:
    return "".join(_bare(token) for token in _TOKEN.findall(version.removeprefix("v")))


def _bare(token: str) -> str:
    """A token without leading zeros: releases are written 17.09.04a and 17.9.4a."""
    return token.lstrip("0") or "0"


def _holds(name: str, version: str) -> bool:
    """Whether a file name holds exactly this release: 17.09.04 is not 17.09.04a, 10.2.4 not 10.2.4-h2.

    A release of one or two digits is no release. Junos counts its builds behind the release (21.4R3-S5.4 is 21.4R3-S5).
    """
    wanted = _squash(version)
    found = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(name)]
    for first in range(len(found)):
        joined = ""
        for last in range(first, min(len(found), first + 8)):
            token = found[last][0]
            if last == first:
                token = token.lstrip("abcdefghijklmnopqrstuvwxyz")
                if not token:
                    break
            joined += _bare(token)
            if len(joined) > len(wanted):
                break
            if joined == wanted and _ends(name, found, first, last):
                return True
    return False


def _ends(name: str, found: list[tuple[str, int, int]], first: int, last: int) -> bool:
    if last + 1 == len(found):
        return True
    following = found[last + 1][0]
    if _TRAIN.fullmatch(following):
        return False
    if not following.isdigit() or _SPIN.search(found[last][0]):
        return True
    inside = name[found[first][2]] if last > first else "."
    return name[found[last][2]] != inside


def _is_package_of(seen: str, wanted: str) -> bool:
    """Whether a package is one of those an image is taken apart into: the family and the release are the image's."""
    if not seen.endswith((".pkg", ".conf")):
        return False
    release, family, other = _RELEASE.search(wanted), _FAMILY.match(wanted), _FAMILY.match(seen)
    if release is None or family is None or other is None:
        return False
    return family[0] == other[0] and _holds(seen, release[0])
