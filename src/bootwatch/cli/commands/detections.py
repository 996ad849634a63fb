"""``bootwatch detections``: what the content pack holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bootwatch.cli.visible import visible

_Content = Annotated[list[Path] | None, typer.Option("--content", help="A further content pack.", show_default=False)]


def register(program: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List and show the detections of the pack.")
    group.command(name="list", help="One line for each detection.")(list_)
    group.command(name="show", help="Everything known about a detection.")(show)
    program.add_typer(group, name="detections")


def list_(content: _Content = None) -> int:
    from bootwatch import app

    for detection in app.pack(content or []).detections:
        techniques = ",".join(technique.id for technique in detection.techniques)
        print(f"{detection.id}  {detection.severity.value}  {techniques}  {detection.name}")
    return 0


def show(name: Annotated[str, typer.Argument(metavar="ID", help="The detection.")], content: _Content = None) -> int:
    from bootwatch import app

    try:
        found = app.pack(content or []).detection(name)
    except LookupError as exc:
        raise typer.BadParameter(str(exc.args[0]), param_hint="ID") from exc
    print(f"{found.name}\n  id: {found.id}\n  severity: {found.severity.value}, confidence {found.confidence.value}")
    for technique in found.techniques:
        tactics = ", ".join(tactic.name for tactic in technique.tactics)
        print(f"  technique: {technique.id} {technique.name} ({tactics})")
    for title, items in (
        ("data sources", found.data_source),
        ("required sourcetypes", found.required_sourcetypes),
        ("false positives", found.known_false_positives),
        ("not tested", found.not_tested),
    ):
        print(f"\n{title}")
        for item in items:
            print(f"  - {item}")
    print(f"\n{visible(found.description.strip())}\n\nhow to implement\n  {found.how_to_implement.strip()}\n")
    print(f"search\n{found.search}")
    return 0
