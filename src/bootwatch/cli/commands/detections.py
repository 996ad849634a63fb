"""``bootwatch detections``: what a pack holds, whether it does what it promises, and a detection of one's own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootwatch.cli import options

if TYPE_CHECKING:
    from bootwatch.detections.library import Library
    from bootwatch.detections.pack import Pack


class _Format(StrEnum):
    TABLE = "table"
    JSON = "json"


_FormatOption = Annotated[_Format, typer.Option("--format", help="For people, or one JSON array.")]


def register(program: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, show, test and write detections.")
    group.command(name="list", help="One line for each detection and hunting query.")(list_)
    group.command(name="show", help="Everything known about a detection or a hunting query.")(show)
    group.command(name="test", help="Run samples, Sigma rules, tests and hunts of detections; exit 1 if one fails.")(
        prove_
    )
    group.command(name="new", help="Write a detection of one's own that passes its own test.")(new)
    group.command(name="investigate", help="The questions for findings of scan --format json, filled in.")(investigate)
    program.add_typer(group, name="detections")


def list_(content: options.Content = None) -> int:
    pack, library = _read(content)
    for detection in pack.detections:
        techniques = ",".join(technique.id for technique in detection.techniques)
        print(f"{detection.id}  {detection.severity.value}  {techniques}  {detection.name}")
    for hunt in sorted(library.hunts.values(), key=lambda hunt: hunt.number):
        techniques = ",".join(technique.id for technique in hunt.techniques)
        print(f"{hunt.id}  hunt  {techniques}  {hunt.title}")
    return 0


def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The detection or hunting query.")],
    content: options.Content = None,
) -> int:
    from bootwatch.cli.detections import one_hunt, whole
    from bootwatch.diagnose.facts import load

    pack, library = _read(content)
    if name in library.hunts:
        print(one_hunt(library.hunts[name]))
        return 0
    try:
        detection = pack.detection(name)
    except LookupError as exc:
        raise typer.BadParameter(str(exc.args[0]), param_hint="ID") from exc
    print(whole(detection, library, load()))
    return 0


def prove_(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Only these detections.", show_default=False)
    ] = None,
    content: options.Content = None,
    format_: _FormatOption = _Format.TABLE,
) -> int:
    import msgspec

    from bootwatch.cli.detections import proven
    from bootwatch.prove.run import prove

    scope = options.scope(content=content)
    pack, library = _read(content)
    try:
        outcomes = prove(pack, library, names or (), scope)
    except LookupError as exc:
        raise typer.BadParameter(str(exc.args[0]), param_hint="ID") from exc
    if format_ is _Format.JSON:
        written = msgspec.json.encode([outcome.to_dict() for outcome in outcomes])
        print(msgspec.json.format(written, indent=2).decode())
    else:
        print(proven(outcomes))
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def new(
    name: Annotated[str, typer.Argument(metavar="ID", help="Its id: lower-case words joined by '-'.")],
    content: Annotated[Path, typer.Option("--content", help="The pack it is written to.")] = Path("content"),
) -> int:
    from bootwatch.detections.skeleton import SkeletonError, write

    try:
        written = write(name, content)
    except SkeletonError as exc:
        raise typer.BadParameter(str(exc), param_hint="ID") from exc
    for path in written:
        print(path)
    print(f"\nnext: bootwatch detections test {name} --content {content}")
    return 0


def investigate(
    findings: Annotated[Path, typer.Argument(metavar="FILE", help="What scan --format json or jsonl wrote.")],
    content: options.Content = None,
) -> int:
    from bootwatch.cli.investigation import questions, read

    pack, library = _read(content)
    for finding in read(findings):
        print(questions(finding, pack, library))
    return 0


def _read(content: list[Path] | None) -> tuple[Pack, Library]:
    from bootwatch import app

    pack = app.pack(content or [])
    return pack, app.library(pack, content or [])
