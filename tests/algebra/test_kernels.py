"""Kernels over any text and any number: what is printed reads back, and no value of a row makes a search fail."""

from __future__ import annotations

import importlib
import json
import math
import pkgutil
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis.strategies import booleans, dictionaries, floats, integers, lists, none, recursive, sampled_from, text

from bootwatch.algebra import kernels
from bootwatch.algebra.kernels import find
from bootwatch.algebra.kernels.printf import unknown
from bootwatch.algebra.kernels.scalar_text import decode, encode
from bootwatch.algebra.kernels.stamps import parse
from bootwatch.algebra.scalars import Call, Case, Column, Const, Fn, Kernel, Matches
from bootwatch.algebra.types import FieldType
from bootwatch.errors import EngineError
from bootwatch.match.regex import parse as parse_regex

ZONES = ("UTC", "America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe")
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
ANY_TEXT = none() | text(max_size=20)
NUMBER_TEXT = floats().map(repr) | integers().map(str)


def one(name: str, *values: object, settings: tuple[str, ...] = (), types: tuple[pa.DataType, ...] = ()) -> object:
    """A kernel over a batch of one row."""
    kinds = types or (pa.string(),) * len(values)
    arrays = [pa.array([value], kind) for value, kind in zip(values, kinds, strict=True)]
    return next(iter(find(name).run(arrays, settings, [])))


@given(
    micros=integers(31_622_400_000_000, 3_124_000_000_000_000),
    form=sampled_from(
        [
            "%Y-%m-%dT%H:%M:%S.%6N%z",
            "%a, %d %b %Y %I:%M:%S.%f %p %Ez",
            "%A %B %e %k:%M:%S.%6Q %y %z",
            "%j %Y %T.%6N%:z",
            "%G-W%V-%u %T.%6N %z",
            "%s.%6N",
        ]
    ),
    zone=sampled_from(ZONES),
)
def test_what_strftime_prints_strptime_reads(micros: int, form: str, zone: str) -> None:
    """From 1971 to 2068, which two digits of a year reach."""
    epoch = micros / 1_000_000
    shown = one("format_time", epoch, form, settings=(zone,), types=(pa.float64(), pa.string()))
    read = one("parse_time", shown, form, settings=(zone, repr(NOW.timestamp())))
    assert isinstance(read, float)
    # A double holds an epoch to a quarter of a microsecond, and fractions are cut off, not rounded.
    assert abs(read - epoch) < 0.000002


@given(shown=text(max_size=30), form=text("%YmdHMSzZpIjaAbBGVuwsNQTFDcx+ :-./", max_size=20) | text(max_size=12))
def test_no_text_makes_strptime_fail(shown: str, form: str) -> None:
    found = parse(shown, form, ZoneInfo("Europe/Berlin"), NOW)
    assert found is None or math.isfinite(found)


@given(epoch=floats(), form=text(max_size=20) | text("%+EzNQ39sYaTxCgG:z", max_size=10), zone=sampled_from(ZONES))
def test_no_moment_makes_strftime_fail(epoch: float, form: str, zone: str) -> None:
    one("format_time", epoch, form, settings=(zone,), types=(pa.float64(), pa.string()))


@given(
    form=text("%'-0+ #*123.sdifeEgGaAcouxXpz", max_size=12) | text(max_size=12),
    values=lists(ANY_TEXT | NUMBER_TEXT, max_size=4),
    kind=sampled_from(["any", "text"]),
)
def test_no_value_makes_printf_fail(form: str, values: list[str | None], kind: str) -> None:
    shown = one("printf", form, *values, settings=(kind,) * len(values))
    assert isinstance(shown, str)
    shown.encode()


@given(number=floats(allow_nan=False, allow_infinity=False), conversion=sampled_from(["%.17g", "%.16e", "%a", "%A"]))
def test_a_float_printed_in_full_reads_back(number: float, conversion: str) -> None:
    shown = one("printf", conversion, repr(number), settings=("any",))
    assert isinstance(shown, str)
    assert (float.fromhex(shown) if conversion in ("%a", "%A") else float(shown)) == number


@pytest.mark.parametrize(
    ("form", "found"),
    [("%d %5.2f %% %s", None), ("%n", "%n"), ("%1$s", "%1$"), ("100%", "%"), ("%%", None), ("%", "%"), ("", None)],
)
def test_a_conversion_printf_does_not_know_is_found(form: str, found: str | None) -> None:
    assert unknown(form) == found


@given(shown=ANY_TEXT | NUMBER_TEXT, name=sampled_from(["hex", "commas", "duration", "binary"]))
def test_no_text_makes_a_notation_fail(shown: str | None, name: str) -> None:
    found = one("notation", shown, settings=(name,))
    assert (found is None) == (shown is None)


@given(shown=ANY_TEXT | NUMBER_TEXT, base=floats())
def test_no_text_makes_a_number_of_a_base_fail(shown: str | None, base: float) -> None:
    found = one("number_of_base", shown, base, types=(pa.string(), pa.float64()))
    assert found is None or isinstance(found, float)


@given(value=text(max_size=8), start=floats(), length=floats())
def test_a_substring_is_part_of_its_text(value: str, start: float, length: float) -> None:
    found = one("substring", value, start, length, types=(pa.string(), pa.float64(), pa.float64()))
    assert isinstance(found, str)
    assert found in value


JSON = recursive(
    none() | booleans() | integers(-(2**53), 2**53) | text(max_size=5),
    lambda inner: lists(inner, max_size=3) | dictionaries(text("ab.{}", max_size=3), inner, max_size=3),
    max_leaves=8,
)
PATH = text("ab.{}012@", max_size=10)
LIST = pa.list_(pa.string())


@given(document=JSON | text('[]{}",:a1', max_size=12), path=PATH, value=ANY_TEXT)
def test_no_path_makes_a_json_function_fail(document: object, path: str, value: str | None) -> None:
    shown = document if isinstance(document, str) else json.dumps(document)
    for name, args, settings in (
        ("json_extract", (shown, path), ("path",)),
        ("json_extract", (shown, path), ("exact",)),
        ("json_change", (shown, path, value), ("set", "path", "any")),
        ("json_change", (shown, path, value), ("append", "path", "text")),
        ("json_change", (shown, path, shown), ("extend", "path", "any")),
        ("json_delete", (shown, path), ()),
        ("json_keys", (shown,), ("entries",)),
    ):
        found = one(name, *args, settings=settings)
        assert found is None or isinstance(found, str)
    listed = one("spath", shown, path)
    assert listed is None or (isinstance(listed, list) and listed and all(isinstance(item, str) for item in listed))


@given(document=dictionaries(text("ab", min_size=1, max_size=3), JSON, max_size=3), value=JSON)
def test_what_json_set_puts_json_extract_gets(document: dict[str, object], value: object) -> None:
    shown = one("json_change", json.dumps(document), "a", json.dumps([value]), settings=("set", "path", "any"))
    assert isinstance(shown, str)
    assert json.loads(shown) == {**document, "a": [value]}
    got = one("json_extract", shown, "a", settings=("path",))
    assert isinstance(got, str)
    assert json.loads(got) == [value]


@given(shown=text("<>/ab='\"&;! ", max_size=30), path=PATH)
def test_no_text_makes_spath_of_xml_fail(shown: str, path: str) -> None:
    found = one("spath", f"<{shown}", path)
    assert found is None or isinstance(found, list)


@given(text=text('ab |[]"\\=', max_size=30))
def test_no_text_makes_commands_fail(text: str) -> None:
    found = one("command_names", text)
    assert found is None or found


@given(start=floats(), end=floats(), step=floats().map(repr) | text("+-0123456789dmonwsyh", max_size=6))
def test_no_number_makes_a_range_fail_or_go_on(start: float, end: float, step: str) -> None:
    types = (pa.float64(), pa.float64(), pa.string())
    found = one("number_range", start, end, step, settings=("Europe/Berlin",), types=types)
    assert found is None or (isinstance(found, list) and 0 < len(found) <= 100_000)


@given(values=none() | lists(text(max_size=3), min_size=1, max_size=5), first=floats(), last=floats())
def test_positions_are_those_of_a_python_list(values: list[str] | None, first: float, last: float) -> None:
    found = one("value_at", values, first, types=(LIST, pa.float64()))
    inside = values is not None and first.is_integer() and -len(values) <= first < len(values)
    assert found == (values[int(first)] if values is not None and inside else None)
    part = one("values_between", values, first, last, types=(LIST, pa.float64(), pa.float64()))
    assert part is None or (inside and isinstance(part, list) and part[0] == found)


def test_values_are_bounded_for_a_batch() -> None:
    starts, ends, steps = pa.array([0.0] * 60), pa.array([1e9] * 60), pa.array(["1"] * 60)
    with pytest.raises(EngineError, match="mvrange makes more than 5,000,000 values for a batch of rows"):
        find("number_range").run([starts, ends, steps], ("UTC",), [])
    lists_ = pa.array([["x"] * 1_000_001] * 2, LIST)
    with pytest.raises(EngineError, match="an expression over more than 2,000,000 values"):
        find("map_values").run([lists_], (encode(Const("y", FieldType.TEXT)), "x"), [])


@given(value=floats() | text(max_size=4))
def test_a_scalar_reads_back_from_its_text(value: float | str) -> None:
    kind = FieldType.TEXT if isinstance(value, str) else FieldType.NUMBER
    scalar = Case(
        ((Matches(Column("x", FieldType.TEXT), parse_regex("(a)$")), Call(Fn.COALESCE, (Const(value, kind),), kind)),),
        Kernel("value_at", (Const(None, FieldType.MULTI),), ("", "\"'"), kind),
        kind,
    )
    assert repr(decode(encode(scalar))) == repr(scalar)


@given(values=lists(text("ab .-A"), min_size=1, max_size=4), pattern=text("ab .-A^$", max_size=3))
def test_a_value_is_found_where_its_pattern_matches(values: list[str], pattern: str) -> None:
    """A pattern of a row and one of the whole batch, looked for as they are, by RE2 and by PCRE2."""
    hits = [one("regex_matches", value, settings=(pattern,)) for value in values]
    first = float(hits.index(True)) if True in hits else None
    assert one("find_value", values, pattern, types=(LIST, pa.string())) == first
    two = find("find_value").run([pa.array([values, values], LIST), pa.array([pattern, "^b"])], (), [])
    assert next(iter(two)) == first


def test_every_kernel_is_found_where_its_text_says() -> None:
    package = kernels.__name__
    for module in pkgutil.iter_modules(kernels.__path__):
        importlib.import_module(f"{package}.{module.name}")
    declared = {
        name: found.run.__module__
        for name, found in kernels._REGISTRY.items()
        if found.run.__module__.startswith(package)
    }
    assert declared == {name: f"{package}.{home}" for name, (home,) in kernels._homes().items()}
