"""The command line: one file per subcommand, found by looking in ``commands/``."""

from __future__ import annotations

import gc


def main() -> None:
    """Entry point of the ``bootwatch`` command."""
    # What is loaded at the start stays: looking through it for garbage again and again is a tenth of the start.
    gc.set_threshold(100_000)
    from bootwatch.cli.program import run

    run()
