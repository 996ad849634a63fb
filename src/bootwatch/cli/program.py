"""The program: its subcommands, and how errors become messages and exit statuses.

Exit status: 0 done, 1 a finding at or above ``--fail-on``, 2 usage, 3 bad content or SPL, 4 input unreadable, 5 the
engine or the store failed, 130 interrupted. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import atexit
import errno
import importlib
import os
import pkgutil
import sys
from typing import Annotated, NoReturn

import click
import typer

from bootwatch import __version__
from bootwatch.cli import commands
from bootwatch.errors import (
    ContentError,
    Error,
    InputError,
    SettingsError,
    SplError,
)

USAGE, CONTENT, UNREADABLE, FAILED, INTERRUPTED = 2, 3, 4, 5, 130


def program(args: list[str]) -> typer.Typer:
    """The program for these arguments: a known subcommand is loaded alone, the others cost a search their time."""
    known = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    found = typer.Typer(
        name="bootwatch",
        help="Has somebody tampered with the operating system of this network device?",
        no_args_is_help=True,
        add_completion=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    found.callback(invoke_without_command=True)(_root)
    for name in args[:1] if args and args[0] in known else known:
        importlib.import_module(f"bootwatch.cli.commands.{name}").register(found)
    return found


def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        print(f"bootwatch {__version__}")
        raise typer.Exit


def run(args: list[str] | None = None) -> NoReturn:
    """Run the program and leave with its status.

    Taking the interpreter apart object by object costs a search a tenth of a second to free what the system frees
    anyway; what was promised for the end (threads joined, directories removed) is done.
    """
    status = status_of(args)
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more
        pass
    os._exit(status)


def status_of(args: list[str] | None = None) -> int:
    """The exit status of one invocation; messages are printed."""
    args = sys.argv[1:] if args is None else args
    try:
        found = program(args)(args, standalone_mode=False)
        sys.stdout.flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as exc:
        exc.show(sys.stderr)
        return USAGE
    except SystemExit:  # typer's way out when nobody reads stdout any more; that is no failure of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as exc:  # stdout or a temporary file on a full disk; everything read is an InputError by now
        if exc.errno == errno.EPIPE:
            return 0
        what = f"{exc.filename}: " if exc.filename else "cannot write the results: "
        print(f"bootwatch: {what}{exc.strerror or exc}", file=sys.stderr)
        return FAILED
    except Error as exc:
        print(f"bootwatch: {exc}", file=sys.stderr)
        return error_status(exc)
    return found if isinstance(found, int) else 0


def error_status(exc: Error) -> int:
    """The exit status an error stands for."""
    if isinstance(exc, SplError | ContentError):
        return CONTENT
    if isinstance(exc, InputError):
        return UNREADABLE
    if isinstance(exc, SettingsError):
        return USAGE
    return FAILED
