"""The command line: one file per subcommand, found by looking in ``commands/``."""

from __future__ import annotations


def main() -> None:
    """Entry point of the ``bootwatch`` command."""
    from bootwatch.cli.program import run

    run()
