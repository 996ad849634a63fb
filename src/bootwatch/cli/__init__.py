"""The command line: one file per subcommand, found by looking in ``commands/``."""

from __future__ import annotations

import gc
import os


def main() -> None:
    """Entry point of the ``bootwatch`` command."""
    # What is loaded at the start stays: looking through it for garbage again and again is a tenth of the start.
    gc.set_threshold(100_000)
    # Threads for the linear algebra nobody does here spin beside the start on the other core, half as long as it takes.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from bootwatch.cli.program import run

    run()
