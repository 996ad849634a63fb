"""``python -m tests.detect.sampling FOLDER``: writes the sample logs into a folder."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.detect.sampling import logs

for name, text in logs().items():
    (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8", newline="\n")
