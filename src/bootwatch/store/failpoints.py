"""Places at which a test ends the process as a power cut would: ``BOOTWATCH_FAILPOINT=append:written*3``.

The name of the place and, behind a star, at which time of passing it. Without the variable a place costs one
comparison.
"""

from __future__ import annotations

import itertools
import os
import signal
from typing import Final

_NAME, _, _COUNT = os.environ.get("BOOTWATCH_FAILPOINT", "").partition("*")
_AT: Final = int(_COUNT) if _COUNT.isdigit() else 1
_passed: Final = itertools.count(1)


def reached(place: str) -> None:
    """End the process by SIGKILL where the environment names this place."""
    if _NAME and place == _NAME and next(_passed) >= _AT:
        os.kill(os.getpid(), signal.SIGKILL)
