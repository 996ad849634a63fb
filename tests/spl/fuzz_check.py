"""A target for atheris: ``python tests/spl/fuzz_check.py [libFuzzer options] [folder of seeds]``.

No text makes ``check`` raise anything; what it refuses it refuses with a message and, where there is text, a place.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["bootwatch.spl", "bootwatch.match", "bootwatch.algebra.rules"]):
    from bootwatch import app
    from bootwatch.errors import ContentError


def one_input(data: bytes) -> None:
    """One text; whatever is raised is a find."""
    text = data.decode("utf-8", "replace")
    try:
        checked = app.check(text)
    except ContentError:  # a wrong file of the user's, such as a pack
        return
    assert checked.status in ("ok", "syntax", "unsupported"), checked
    assert (checked.status == "ok") == (not checked.message), checked


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
