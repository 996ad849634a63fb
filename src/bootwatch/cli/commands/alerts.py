"""``bootwatch alerts``: the alerts of the store, and what people do with them."""

from __future__ import annotations

import functools
import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootwatch.cli.options import Format
from bootwatch.cli.visible import visible

if TYPE_CHECKING:
    from bootwatch.detect.alerts import Alert
    from bootwatch.detect.alertstore import AlertStore
    from bootwatch.detect.suppressions import Suppressions

_Id = Annotated[str, typer.Argument(metavar="ID", help="The alert; the beginning of its id is enough.")]
_Home = Annotated[Path | None, typer.Option(help="Directory of the store.", show_default=False)]
_By = Annotated[str | None, typer.Option("--by", help="Who does this; else the account.", show_default=False)]
_Note = Annotated[str, typer.Option("--note", help="Why, for the history.", show_default=False)]
_Format = Annotated[Format | None, typer.Option("--format", help="table, json or jsonl.", show_default=False)]


def register(program: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="List, show and work the alerts of the store."
    )
    for name, function, text in (
        ("list", list_, "The alerts, worst first; closed and suppressed ones with --all."),
        ("show", show, "One alert with its finding and its history."),
        ("ack", acknowledge, "Somebody has seen it."),
        ("start", start, "Somebody works on it."),
        ("close", close, "It is done, with a verdict."),
        ("reopen", reopen, "It is not done after all."),
        ("assign", assign, "Give it to somebody."),
        ("comment", comment, "Add to its history."),
        ("suppress", suppress, "No alerts for stories like this one, until a day."),
        ("suppressions", suppressions, "The suppressions that hold; with --all whatever there was."),
        ("lift", lift, "End a suppression before its time."),
    ):
        group.command(name=name, help=text)(_usage(function))
    program.add_typer(group, name="alerts")


def list_(
    every: Annotated[bool, typer.Option("--all", help="Closed and suppressed ones as well.")] = False,
    format_: _Format = None,
    home: _Home = None,
) -> int:
    import msgspec

    from bootwatch.detect.alerts import Stage
    from bootwatch.detect.alertstore import to_dict

    found = [one for one in _store(home).every() if every or (one.stage is not Stage.CLOSED and not one.suppressed)]
    kind = format_ or (Format.TABLE if sys.stdout.isatty() else Format.JSONL)
    if kind is Format.JSON:
        sys.stdout.buffer.write(msgspec.json.encode([to_dict(one) for one in found]) + b"\n")
    elif kind is Format.JSONL:
        for one in found:
            sys.stdout.buffer.write(msgspec.json.encode(to_dict(one)) + b"\n")
    elif kind is Format.TABLE:
        for one in found:
            print(_line(one))
        if not found:
            print("no alerts")
    else:
        raise typer.BadParameter(f"alerts are written as table, json or jsonl, not {kind}", param_hint="--format")
    return 0


def show(name: _Id, format_: _Format = None, home: _Home = None) -> int:
    import msgspec

    from bootwatch.detect.alertstore import to_dict

    alert = _store(home).one(name)
    if format_ in (Format.JSON, Format.JSONL):
        sys.stdout.buffer.write(msgspec.json.encode(to_dict(alert)) + b"\n")
        return 0
    finding = alert.finding
    print(_line(alert))
    print(f"  assignee    {visible(alert.assignee or 'nobody')}")
    print(f"  techniques  {', '.join(finding['techniques'])}")
    for label, key in (("users", "users"), ("from", "sources"), ("images", "images")):
        if finding[key]:
            print(f"  {label:<10}  {visible(', '.join(finding[key]))}")
    print("\n  evidence")
    for one in finding["evidence"]:
        print(f"    {one['time']}  {one['indicator'] or '-':<8}  {visible(one['_raw'])}")
    print("\n  history")
    for event in alert.history:
        print(f"    {event.at}  {visible(event.who)}  {event.what}: {visible(event.detail)}")
    print("\n  next")
    for number, step in enumerate(finding["next_steps"], 1):
        print(f"    {number}. {visible(step)}")
    return 0


def acknowledge(name: _Id, note: _Note = "", by: _By = None, home: _Home = None) -> int:
    return _moved(name, "acknowledged", note, by, home)


def start(name: _Id, note: _Note = "", by: _By = None, home: _Home = None) -> int:
    return _moved(name, "in_progress", note, by, home)


def close(
    name: _Id,
    verdict: Annotated[str, typer.Option(help="true_positive, benign or false_positive.")],
    note: _Note = "",
    by: _By = None,
    home: _Home = None,
) -> int:
    return _moved(name, "closed", note, by, home, verdict)


def reopen(name: _Id, note: _Note = "", by: _By = None, home: _Home = None) -> int:
    return _moved(name, "new", note, by, home)


def assign(
    name: _Id,
    to: Annotated[str, typer.Argument(metavar="WHO", help="Empty: nobody.")],
    by: _By = None,
    home: _Home = None,
) -> int:
    from bootwatch.detect import alerts

    return _changed(name, home, "assigned", lambda one, at: alerts.assigned(one, to or None, _who(by), at))


def comment(name: _Id, text: Annotated[str, typer.Argument(metavar="TEXT")], by: _By = None, home: _Home = None) -> int:
    from bootwatch.detect import alerts

    return _changed(name, home, "comment", lambda one, at: alerts.commented(one, text, _who(by), at))


def suppress(
    name: _Id,
    reason: Annotated[str, typer.Option(help="Why.")],
    ticket: Annotated[str, typer.Option(help="Where it was decided.")],
    expires: Annotated[str, typer.Option(metavar="DAY", help="The last day, as 2026-12-31.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    by: _By = None,
    home: _Home = None,
) -> int:
    import datetime as dt
    from dataclasses import replace

    from bootwatch.detect.alerts import Event

    try:
        until = dt.date.fromisoformat(expires)
    except ValueError:
        raise typer.BadParameter(f"{expires!r}; accepted: a day as 2026-12-31", param_hint="--expires") from None
    store, held, at = _store(home), _suppressions(home), _now()
    alert = store.one(name)
    number = held.add(alert, owner=owner, reason=reason, ticket=ticket, expires=until, by=_who(by), at=at)
    event = Event(at, _who(by), "suppressed", f"suppression {number}, {ticket} of {owner}, until {until}: {reason}")
    store.change(replace(alert, suppressed=True, updated=at, history=(*alert.history, event)), "suppressed")
    print(f"suppression {number}")
    return 0


def suppressions(
    every: Annotated[bool, typer.Option("--all", help="Lifted and expired ones as well.")] = False,
    format_: _Format = None,
    home: _Home = None,
) -> int:
    import dataclasses
    import datetime as dt

    import msgspec

    today = dt.date.fromisoformat(_now()[:10])
    found = [one for one in _suppressions(home).every() if every or one.holds(today)]
    if format_ in (Format.JSON, Format.JSONL):
        for one in found:
            sys.stdout.buffer.write(msgspec.json.encode(dataclasses.asdict(one)) + b"\n")
        return 0
    for one in found:
        what = "; ".join(f"{kind} {', '.join(values)}" for kind, values in one.match.items())
        print(f"{one.id:>4}  until {one.expires}  {visible(one.ticket)} of {visible(one.owner)}: {visible(one.reason)}")
        print(f"      alert {one.alert[:12]}, made by {visible(one.made_by)} at {one.made}: {visible(what)}")
        if one.lifted is not None:
            print(f"      lifted by {visible(one.lifted_by or '')} at {one.lifted}: {visible(one.lifted_why or '')}")
    if not found:
        print("no suppressions")
    return 0


def lift(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As 'suppressions' lists it.")],
    note: Annotated[str, typer.Option("--reason", help="Why.")],
    by: _By = None,
    home: _Home = None,
) -> int:
    from dataclasses import replace

    from bootwatch.detect.alerts import Event

    store, at = _store(home), _now()
    one = _suppressions(home).lift(number, by=_who(by), why=note, at=at)
    alert = store.one(one.alert)
    event = Event(at, _who(by), "unsuppressed", f"suppression {number} was lifted: {note}")
    store.change(replace(alert, suppressed=False, updated=at, history=(*alert.history, event)), "unsuppressed")
    print(f"suppression {number} is lifted")
    return 0


def _usage(function: Callable[..., int]) -> Callable[..., int]:
    """What names an alert there is not, or a step that cannot be taken, is a mistake in the command."""

    @functools.wraps(function)
    def run(*given: Any, **named: Any) -> int:
        from bootwatch.detect.alerts import AlertError

        try:
            return function(*given, **named)
        except AlertError as exc:
            print(f"bootwatch: {visible(str(exc))}", file=sys.stderr)
            return 2

    return run


def _moved(name: str, stage: str, note: str, by: str | None, home: Path | None, verdict: str | None = None) -> int:
    from bootwatch.detect import alerts
    from bootwatch.detect.alerts import Stage, Verdict

    try:
        judged = None if verdict is None else Verdict(verdict)
    except ValueError:
        accepted = ", ".join(Verdict)
        raise typer.BadParameter(f"{verdict!r}; accepted: {accepted}", param_hint="--verdict") from None
    event = "closed" if stage == "closed" else "stage"
    return _changed(
        name, home, event, lambda one, at: alerts.moved(one, Stage(stage), _who(by), at, verdict=judged, note=note)
    )


def _changed(name: str, home: Path | None, event: str, change: Callable[[Alert, str], Alert]) -> int:
    store = _store(home)
    changed = change(store.one(name), _now())
    store.change(changed, event)
    print(_line(changed))
    return 0


def _store(home: Path | None) -> AlertStore:
    from bootwatch import app
    from bootwatch.detect.alertstore import AlertStore

    return AlertStore(home or app.default_home())


def _suppressions(home: Path | None) -> Suppressions:
    from bootwatch import app
    from bootwatch.detect.suppressions import Suppressions

    return Suppressions(home or app.default_home())


def _now() -> str:
    from bootwatch.detect.findings import iso
    from bootwatch.events.clock import Clock

    return iso(Clock.of().now.replace(microsecond=0))


def _who(by: str | None) -> str:
    return by or getpass.getuser()


def _line(alert: Alert) -> str:
    state = alert.stage.value + (f" ({alert.verdict.value})" if alert.verdict else "")
    if alert.suppressed:
        state += ", suppressed"
    finding = alert.finding
    return f"{alert.id[:12]}  {finding['severity']:<8}  {alert.score:>3}  {state:<14}  {visible(finding['title'])}"
