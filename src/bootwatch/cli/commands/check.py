"""``bootwatch check``: compile searches without running them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootwatch.cli import options
from bootwatch.cli.commands.search import read_text
from bootwatch.errors import ContentError, InputError

if TYPE_CHECKING:
    from bootwatch.app import Scope


def register(program: typer.Typer) -> None:
    program.command(name="check", help="Compile searches without running them; refusals are named and located.")(check)


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="SPL files; '-' is standard input.", show_default=False)
    ] = None,
    jsonl: Annotated[Path | None, typer.Option(help="JSON lines with one search each ('-': standard input).")] = None,
    field: Annotated[str, typer.Option("--field", help="The key that holds the search.")] = "search",
    macros: options.Macros = None,
    lookups: options.Lookups = None,
    content: options.Content = None,
    engine: options.Engine = None,
    quiet: options.Quiet = False,
) -> int:
    del engine  # all engines run the same plans by the same code, so that no cluster is needed to know
    scope = options.scope(macros=macros, lookups=lookups, content=content)
    if jsonl is not None:
        if files:
            raise typer.BadParameter("give files or --jsonl, not both")
        return _lines(jsonl, field, scope, quiet=quiet)
    if not files:
        raise typer.BadParameter("a file with a search is missing, or --jsonl FILE --field NAME")
    return _files(files, scope, quiet=quiet)


def _files(files: list[Path], scope: Scope, *, quiet: bool) -> int:
    from bootwatch import app

    refused = 0
    for path in files:
        text = sys.stdin.read() if str(path) == "-" else read_text(path)
        verdict = app.check(text, scope)
        if verdict.error is not None:
            refused += 1
            print(f"{path}: {verdict.error}")
        elif not quiet:
            print(f"{path}: ok" + "".join(f"\n  warning: {warning}" for warning in verdict.warnings))
    return 3 if refused else 0


def _lines(path: Path, field: str, scope: Scope, *, quiet: bool) -> int:
    """One object for each line, in order, whatever the line is."""
    import msgspec

    from bootwatch import app

    counts = {"ok": 0, "syntax": 0, "unsupported": 0}
    try:
        text = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as exc:
        raise InputError(f"cannot be read: {exc.strerror or exc}", path=path) from exc
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = msgspec.json.decode(line)
        except msgspec.DecodeError as exc:
            raise ContentError(f"not JSON: {exc}", path=path, line=number) from exc
        search = record.get(field) if isinstance(record, dict) else None
        if isinstance(search, str):
            verdict = app.check(search, scope)
        else:
            known = ", ".join(sorted(map(str, record))) if isinstance(record, dict) else "none"
            verdict = app.Checked("syntax", f"no text under {field!r}; the keys are: {known}")
        counts[verdict.status] += 1
        found = {"status": verdict.status, "message": verdict.message, "line": verdict.line, "column": verdict.column}
        print(msgspec.json.encode({**found, "warnings": list(verdict.warnings)}).decode())
    if not quiet:
        total = sum(counts.values())
        said = ", ".join(f"{count} {status}" for status, count in counts.items())
        print(f"bootwatch: {total} searches: {said}", file=sys.stderr)
    return 3 if counts["syntax"] or counts["unsupported"] else 0
