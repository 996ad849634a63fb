"""``bootwatch explain``: the plan of a search, the engine's query, the prefilter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bootwatch.cli import options
from bootwatch.cli.commands.search import text_and_paths


def register(program: typer.Typer) -> None:
    program.command(name="explain", help="Show how a search would run: plan, prefilter, the engine's query.")(explain)


def explain(
    spl: Annotated[list[str] | None, typer.Argument(help="The search ('-': from standard input).")] = None,
    file: Annotated[Path | None, typer.Option("-f", "--file", help="Read the search from a file.")] = None,
    earliest: options.Earliest = None,
    latest: options.Latest = None,
    now: options.Now = None,
    zone: options.Zone = None,
    macros: options.Macros = None,
    lookups: options.Lookups = None,
    content: options.Content = None,
    no_prefilter: options.NoPrefilter = False,
) -> int:
    from bootwatch import app

    text, more = text_and_paths(spl or [], file)
    if more:
        raise typer.BadParameter(f"unexpected {more[0]!r}: explain takes a search and no paths")
    scope = options.scope(
        earliest=earliest,
        latest=latest,
        now=now,
        zone=zone,
        no_prefilter=no_prefilter,
        macros=macros,
        lookups=lookups,
        content=content,
    )
    found = app.explain(text, scope)
    print("plan (read from the bottom)\n" + _indented(found.plan))
    if found.prefilter is None:
        print("\nprefilter: the search reads no events")
    elif not found.prefilter:
        print("\nprefilter: none; no text every matching event must hold follows from the search")
    else:
        print("\nprefilter (of each line one literal must occur in an event, in any case)")
        for clause in found.prefilter:
            print("  " + ", ".join(map(repr, clause[:40])) + (f", … {len(clause)} in all" if len(clause) > 40 else ""))
    print("\nquery\n" + _indented(found.query))
    return 0


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
