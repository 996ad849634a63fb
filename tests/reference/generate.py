"""Random searches for differential tests: grammatical, typed enough to mean something, seeded by the caller.

What the semantics leave open without a recommended answer is not generated: ties of ``mode``, sorting columns that mix
numbers and text, ``<`` between texts of mixed case, ``bins=``, arithmetic on averages, numbers of more than 15 digits.
"""

from __future__ import annotations

import random
import re

from .events import WORDS, random_events
from .generate_terms import State, condition, number, predicate, string

__all__ = ["random_events", "random_search"]

# What a column holds: int, num (halves too), float (an average: only ordered or rounded), text, mixed, mv.
EVENT_FIELDS = {
    "_time": "int",
    "host": "text",
    "sourcetype": "text",
    "a": "int",
    "b": "num",
    "c": "text",
    "d": "text",
    "e": "mixed",
    "f": "mv",
    "g": "int",
    "h": "text",
}


def random_search(rng: random.Random) -> str:
    """One search; its result is a table of named columns, so that it does not show fields an input adds."""
    if rng.random() < 0.1:
        state = State(rng, {"_time": "int"}, events=False)
        state.stages.append(f"| makeresults {rng.choice(('count=', ''))}{rng.randint(0, 4)}")
        made = f'eval a={rng.randint(1, 9)}, b={rng.randint(1, 9)}.5, c="{rng.choice(WORDS)}", f=split("x;y;z",";")'
        state.stages.append(made)
        state.kinds |= {"a": "int", "b": "num", "c": "text", "f": "mv"}
    else:
        state = State(rng, dict(EVENT_FIELDS))
        state.stages.append(rng.choice(("", "search ")) + (condition(state, 2) if rng.random() < 0.6 else "*"))
    for _ in range(rng.randint(0, 6)):
        stage = rng.choice(_COMMANDS)(state)
        if stage is not None:
            state.stages.append(stage)
        if not state.kinds:
            break
    if not state.narrowed and state.kinds:
        state.stages.append(_table(state))
    return " | ".join(state.stages)


def _eval(state: State) -> str:
    parts = []
    for _ in range(state.rng.randint(1, 2)):
        target = state.fresh() if state.rng.random() < 0.7 else state.rng.choice("abc")
        roll = state.rng.random()
        kind, expression = "int", "null()"
        if roll < 0.45:
            kind, expression = "num", number(state, 2)
        elif roll < 0.9:
            kind, expression = "text?", string(state, 2)
        elif roll < 0.97:
            kind, expression = "mv", f'split({string(state, 0)},"{state.rng.choice(("a", "-", "."))}")'
        parts.append(f"{target}={expression}")
        # A text may look like a number (substr, tostring): it is ordered and grouped as if it mixed both.
        state.kinds[target] = "mixed" if kind == "text?" else kind
    return "eval " + ", ".join(parts)


def _where(state: State) -> str:
    return "where " + predicate(state, 2)


def _search(state: State) -> str:
    return "search " + condition(state, 1)


def _regex(state: State) -> str | None:
    name = state.pick("text", "mixed")
    pattern = state.rng.choice(("a", "^[a-d]", r"\\d+", r"\w-\w", "(?i)ALICE$", "(?!a)^."))
    return name and f'regex {name}{state.rng.choice(("=", "!="))}"{pattern}"'


_SEDS = ("s/a/X/g", "s/[a-e]/<>/", r"s/(.)(.)/\2\1/2", "y/abc/xyz/")


def _rex(state: State) -> str | None:
    rng = state.rng
    if state.events and "_raw" not in state.kinds and not state.narrowed and rng.random() < 0.6:
        pattern, names = rng.choice(
            (
                (r"[Uu]ser[:\s]+(?P<u_s>[\w\\@\.\-]+)", {"u_s": "mixed"}),
                (r"(?<scheme>tftp|ftp|scp|http)://(?<place>[\w\.\-]+)/", {"scheme": "text", "place": "text"}),
                (r"(?<=copy )(?<verb>\w+)", {"verb": "text"}),
                (r"%(?<fac>[A-Z0-9_\-]+)-(?<sev>\d)-(?<mnem>[A-Z_]+):", {"fac": "text", "sev": "int", "mnem": "text"}),
                (r"(?<first>^\S+).*?(?<last>\w+)$", {"first": "mixed", "last": "mixed"}),
                (r"logged command[:\s]+(?<cmd>.+?)$", {"cmd": "text"}),
                (r"(flash|(?<disk>disk\d)):", {"disk": "text"}),
            )
        )
        many = rng.random() < 0.3
        state.kinds |= {name: "mv" if many else kind for name, kind in names.items()}
        return f'rex {rng.choice(("", "field=_raw "))}{"max_match=0 " if many else ""}"{pattern}"'
    source = state.pick("text", "mixed", "mv")
    if source is None:
        return None
    if rng.random() < 0.3:
        state.kinds[source] = "mv" if state.kinds[source] == "mv" else "mixed"
        return f'rex field={source} mode=sed "{rng.choice(_SEDS)}"'
    target = state.fresh()
    most = rng.choice(("", "", "max_match=0 ", "max_match=2 "))
    state.kinds[target] = "mv" if most else "mixed"
    pattern = rng.choice(("(?<T>[a-m]+)", "^(?P<T>.)", "(?<T>[0-9]+)", "a(?<T>.{2})")).replace("T", target)
    return f'rex field={source} {most}"{pattern}"'


def _fields(state: State) -> str:
    rng = state.rng
    names = rng.sample(list(state.kinds), min(len(state.kinds), rng.randint(1, 5)))
    if rng.random() < 0.1 and state.narrowed and any(n[0] != "n" for n in state.kinds):
        state.kinds = {n: k for n, k in state.kinds.items() if n[0] != "n"}
        return "fields - n*"
    if rng.random() < 0.4 and len(names) < len(state.kinds):
        state.kinds = {n: k for n, k in state.kinds.items() if n not in names}
        return f"fields - {', '.join(names)}"
    kept = {"_time"} if "_time" in state.kinds else set()
    state.kinds = {n: k for n, k in state.kinds.items() if n in kept.union(names)}
    return f"fields {' '.join(names)}"


def _table(state: State) -> str:
    names = state.rng.sample(list(state.kinds), min(len(state.kinds), state.rng.choice((1, 2, 3, 4, 5, 6, 7))))
    state.kinds = {n: state.kinds[n] for n in names}
    state.narrowed = True
    if state.rng.random() < 0.1:
        names.insert(state.rng.randint(0, len(names)), "nobody")
    return f"table {state.rng.choice((', ', ' ')).join(names)}"


def _rename(state: State) -> str | None:
    old = state.pick("int", "num", "text", "mixed", "mv")
    if old is None or old == "_time":
        return None
    new = state.fresh() if state.rng.random() < 0.8 or old == "c" else "c"
    state.kinds[new] = state.kinds.pop(old)
    return f"rename {old} AS {new}"


def _fillnull(state: State) -> str | None:
    if state.narrowed and state.rng.random() < 0.3:
        state.kinds = {n: "mixed" if k in ("text", "mv") else k for n, k in state.kinds.items()}
        return state.rng.choice(("fillnull", "fillnull value=7"))
    number, text = state.pick("int", "num"), state.pick("text")
    if number is not None and number != "_time" and state.rng.random() < 0.5:
        return f"fillnull value={state.rng.randint(0, 5)} {number}"
    return f"fillnull value=none {text}" if text is not None else None


def _sort(state: State) -> str | None:
    rng = state.rng
    known = [n for n in state.of("int", "num", "float", "text") if n != "d"]
    if not known:
        return None
    keys = rng.sample(known, min(len(known), rng.randint(1, 2)))
    count = rng.choice(("", "", "0 ", f"{rng.randint(1, 9)} ", f"limit={rng.randint(1, 9)} "))
    return f"sort {count}" + ", ".join(rng.choice(("", "-", "+", "- ")) + key for key in keys)


def _cut(state: State) -> str:
    return f"{state.rng.choice(('head', 'head', 'tail'))} {state.rng.randint(1, 12)}"


def _head_while(state: State) -> str:
    return f"head ({predicate(state, 0)}) {state.rng.choice(('', 'keeplast=t', 'null=t', 'limit=3'))}".strip()


def _reverse(state: State) -> str:
    return "reverse"


def _dedup(state: State) -> str:
    names = state.rng.sample(list(state.kinds), min(len(state.kinds), state.rng.randint(1, 2)))
    count = state.rng.choice(("", "", "2 "))
    options = ("", "", " keepempty=t", " keepempty=t keepevents=t", " keepevents=t", " consecutive=t")
    return f"dedup {count}{' '.join(names)}{state.rng.choice(options)}"


def _aggregate(state: State) -> tuple[str, str]:
    """One aggregate, and the kind of its result."""
    rng = state.rng
    number = state.pick("int", "num", "mixed")
    # The last digit of an average depends on the order of addition, and as a text it shows.
    any_one = rng.choice([name for name, kind in state.kinds.items() if kind != "float"] or ["host"])
    scalar = state.pick("int", "num", "text", "mixed")
    roll = rng.random()
    if roll < 0.45 and number is not None:
        exact = ("sum", "range", "sumsq", "min", "max")
        loose = ("avg", "mean", "var", "varp", "stdev", "stdevp", "median", "perc90", "p25", "exactperc50.5")
        function = rng.choice(exact + loose)
        return f"{function}({number})", "num" if function in exact else "float"
    if roll < 0.6:
        return f"count(eval({predicate(state, 1)}))", "int"
    if roll < 0.75 and scalar is not None:
        timed = ("earliest", "latest") if state.events and "_time" in state.kinds else ()
        return f"{rng.choice(('first', 'last', 'min', 'max', *timed))}({scalar})", "mixed"
    if roll < 0.88:
        return f"{rng.choice(('count', 'dc', 'estdc', 'distinct_count'))}({any_one})", "int"
    return f"{rng.choice(('list', 'values'))}({any_one})", "mv"


_SAME = {"mean": "avg", "distinct_count": "dc", "estdc": "dc", "exactperc50.5": "perc50.5"}


def _aggregates(state: State) -> tuple[list[str], dict[str, str]]:
    """Aggregates as written, and what they leave; one function meets a field only once, as the command demands."""
    written, kinds = (["count"], {"count": "int"}) if state.rng.random() < 0.5 else ([], {})
    seen = set()
    while not written or (len(written) < 4 and state.rng.random() < 0.6):
        text, kind = _aggregate(state)
        function, _, rest = text.partition("(")
        if (_SAME.get(function, function), rest) not in seen:
            seen.add((_SAME.get(function, function), rest))
            output = state.fresh()
            written.append(f"{text} AS {output}")
            kinds[output] = kind
    return written, kinds


def _by(state: State, most: int) -> list[str]:
    known = state.of("int", "num", "text", "mixed", "mv")
    return state.rng.sample(known, min(len(known), state.rng.randint(0, most)))


def _stats(state: State) -> str:
    written, kinds = _aggregates(state)
    # A multivalue that is grouped by and aggregated at once could mean either its part or the whole.
    read = set(re.findall(r"\w+", " ".join(written)))
    by = [n for n in _by(state, 2) if n not in kinds and not (state.kinds[n] == "mv" and n in read)]
    state.kinds = {name: "text" if state.kinds[name] == "mv" else state.kinds[name] for name in by} | kinds
    state.events, state.narrowed = False, True
    words = f"stats {state.rng.choice(('', '', 'allnum=t '))}{state.rng.choice((' ', ', ')).join(written)}"
    if not by:
        return words
    splits = state.rng.choice(("", "", " dedup_splitvals=t"))
    return f"{words} {state.rng.choice(('BY', 'by'))} {' '.join(by)}{splits}"


def _eventstats(state: State) -> str:
    written, kinds = _aggregates(state)
    by = [name for name in _by(state, 2) if state.kinds[name] != "mv" and name not in kinds]
    state.kinds |= kinds
    return f"eventstats {', '.join(written)}" + (f" BY {', '.join(by)}" if by else "")


def _top(state: State) -> str | None:
    known = [name for name in state.of("int", "text", "mixed") if name not in ("count", "percent", "n")]
    if not known:
        return None
    names = state.rng.sample(known, min(len(known), state.rng.randint(1, 3)))
    fields, by = (names[:-1], names[-1:]) if len(names) > 1 and state.rng.random() < 0.4 else (names, [])
    state.kinds = {name: state.kinds[name] for name in by + fields} | {"count": "int", "percent": "float"}
    state.events, state.narrowed = False, True
    count = state.rng.choice(("", f"{state.rng.randint(1, 5)} ", "limit=0 ", "limit=2 useother=t "))
    if "useother" in count:  # OTHER stands among the values
        state.kinds |= dict.fromkeys(fields, "mixed")
    if state.rng.random() < 0.2:
        count += "showperc=f countfield=n "
        state.kinds = {("n" if n == "count" else n): k for n, k in state.kinds.items() if n != "percent"}
    return f"{state.rng.choice(('top', 'rare'))} {count}{' '.join(fields)}" + (f" BY {by[0]}" if by else "")


def _bin(state: State) -> str | None:
    name = state.pick("int", "num")
    if name is None:
        return None
    target = state.fresh() if state.rng.random() < 0.5 else name
    if name == "_time":
        if state.events and target == name:
            target = state.fresh()
        span = state.rng.choice(("10m", "1h", "2h", "1d", "30s", "1mon"))
    else:
        span = state.rng.choice(("5", "10", "2", "0.5", "3"))
    state.kinds[target] = "int" if name == "_time" else "text"
    return f"bin span={span} {name}" + (f" AS {target}" if target != name else "")


_COMMANDS = (
    *(
        _eval,
        _eval,
        _eval,
        _where,
        _where,
        _search,
        _regex,
        _rex,
        _rex,
        _fields,
        _table,
        _rename,
        _fillnull,
        _sort,
        _sort,
    ),
    *(_cut, _head_while, _reverse, _dedup, _dedup, _stats, _stats, _eventstats, _top, _bin),
)
