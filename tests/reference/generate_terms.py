"""The parts random searches are made of: what is known of the columns, search terms, and typed expressions."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from .events import HOSTS, NAMES, PHRASES, SOURCETYPES, WORDS


@dataclass(slots=True)
class State:
    """What is known of the rows at this point of the search."""

    rng: random.Random
    kinds: dict[str, str]
    events: bool = True
    narrowed: bool = False
    serial: int = 0
    stages: list[str] = field(default_factory=list)

    def of(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind in kinds]

    def pick(self, *kinds: str) -> str | None:
        """A column of one of these kinds, ``_time`` seldom; None where there is none."""
        known = self.of(*kinds)
        ordinary = [name for name in known if name != "_time"]
        return self.rng.choice(ordinary if ordinary and self.rng.random() < 0.9 else known) if known else None

    def fresh(self) -> str:
        self.serial += 1
        return f"n{self.serial}"


def condition(state: State, depth: int) -> str:
    rng = state.rng
    if depth == 0 or rng.random() < 0.35:
        return _term(state)
    left, right = condition(state, depth - 1), condition(state, depth - 1)
    return rng.choice(
        (f"{left} {right}", f"{left} AND {right}", f"{left} OR {right}", f"({left} OR {right})", f"NOT {left}")
    )


def _term(state: State) -> str:
    rng = state.rng
    if state.events and not state.narrowed and rng.random() < 0.55:
        phrase = rng.choice(PHRASES)
        return rng.choice(
            (
                f'"{phrase}"',
                f'"{phrase}"',
                f'"{phrase}*"',
                f'"{phrase.swapcase()}"',
                rng.choice(("fail", "fail*", "*flash", "bin", "copy", "flash", "0x*", "tftp", "127.0", "café")),
                rng.choice(("2*", "20b*", "a*c", "*b", "b", '"a%20b"', '"%3ac"', "x--y", "TERM(a*)", "TERM(x*y)")),
                rng.choice(
                    ("TERM(127.0.0.1)", "TERM(ip=127.0.0.1)", "CASE(copy)", "CASE(FLASH*)", "CASE(ROMMON_CONFIG)")
                ),
                rng.choice(('"flash:"', '"bootflash:"', '".bin"', '".tar"', '"disk0:"', '"logged command:"')),
                f'sourcetype="{rng.choice(SOURCETYPES)}"',
                f"host={rng.choice((*HOSTS, 'rtr*', '10.1.1.0/24', '*'))}",
            )
        )
    name = rng.choice(list(state.kinds))
    kind = state.kinds[name]
    if name == "_time":
        return f"_time{rng.choice(('<', '>=', '>', '<='))}{1_736_899_200 + rng.randint(0, 172_800)}"
    if kind in ("int", "num", "float"):
        signs = ("=", "!=", "<", ">", "<=", ">=") if kind == "int" else ("<", ">")
        return f"{name}{rng.choice(signs)}{rng.randint(-9, 20)}"
    if rng.random() < 0.1:
        return f"{name}{rng.choice(('<', '>=', '>', '<='))}{rng.choice((7, 12, 'beta', 'm', '-3.5'))}"
    words: tuple[str, ...] = (*WORDS, "al*", "*a", "ALPHA", "*") if kind != "mixed" else ("alpha", "1*", "7", "12")
    if name in ("d", "host") and rng.random() < 0.7:
        words = ("bob", "Alice", '"two words"', r'"CORP\\jsmith"', '"10.1.0.0/16"', "*", "o*")
    word = rng.choice(words)
    return rng.choice(
        (
            f"{name}={word}",
            f"{name}={word}",
            f"{name}!={word}",
            f"NOT {name}={word}",
            f"{name} IN ({word}, {rng.choice(words)})",
        )
    )


def number(state: State, depth: int, *, whole: bool = False) -> str:
    """A number; ``whole`` keeps decimals out, where the display rule would be the thing under test."""
    rng = state.rng
    name = state.pick("int") if whole else state.pick("int", "num")
    if depth == 0 or rng.random() < 0.3:
        if name is None or rng.random() < 0.3:
            return str(rng.randint(0, 9))
        return name
    inner = number(state, depth - 1, whole=whole)
    other = number(state, depth - 1, whole=whole)
    bits = f"bit_{rng.choice(('and', 'or', 'xor'))}(abs({number(state, 0, whole=True)}),{rng.randint(0, 15)})"
    return rng.choice(
        (
            f"({inner}+{other})",
            f"({inner}-{other})",
            f"({_factor(state)}*{_factor(state)})",
            f"(-{inner})",
            f"round({inner}/{other},{rng.randint(1, 3)})",
            f"floor({inner}/{rng.randint(1, 4)})",
            f"({number(state, 0, whole=True)}%{rng.randint(1, 5)})",
            f"abs({inner})",
            f"if({predicate(state, 1)},{inner},{other})",
            f"coalesce({inner},{other})",
            f"{rng.choice(('min', 'max', 'sum'))}({inner},{other})",
            f"round(pow({number(state, 0, whole=True)},2)/3,2)",
            f"ceiling({inner})",
            bits,
            f"len({string(state, depth - 1)})",
            f"tonumber({state.pick('mixed', 'int') or 'abs(3)'})",
            'tonumber("1f",16)',
            f"case({predicate(state, 0)},{inner},{predicate(state, 0)},{other})",
        )
        if not whole
        else (f"({inner}+{other})", f"abs({inner})", f"({inner}-{other})")
    )


def _factor(state: State) -> str:
    """A whole number that is no time: the product of two times has more digits than a number holds."""
    found = number(state, 0, whole=True)
    return "7" if found == "_time" else found


def string(state: State, depth: int) -> str:
    rng = state.rng
    name = state.pick("text")
    if depth <= 0 or rng.random() < 0.3:
        return name if name is not None and rng.random() < 0.7 else f'"{rng.choice(WORDS)}"'
    inner, other = string(state, depth - 1), string(state, depth - 1)
    numeral = state.pick("int") or "7"
    return rng.choice(
        (
            f'({inner}."-".{other})',
            f'({inner}+"!")',
            f"({numeral} . {inner})",
            f"lower({inner})",
            f"upper({inner})",
            f"substr({inner},{rng.choice((1, 2, 3, -1, -2, -9))},{rng.randint(0, 4)})",
            f"substr({inner},{rng.choice((1, 2, -2))})",
            f'replace({inner},"{rng.choice(("[ab]", "l+", "^.", "(.)-(.)"))}","{rng.choice(("_", "<>", "z"))}")',
            rf'replace({inner},"(\w)(\w)","\2\1")',
            f'trim({inner}," {rng.choice("abx")}")',
            f'ltrim({inner},"{rng.choice("abx")}")',
            f"if({predicate(state, 1)},{inner},{other})",
            f'case({predicate(state, 0)},{inner},true(),"rest")',
            f"coalesce({inner},{other})",
            f"nullif({inner},{other})",
            f"tostring({numeral})",
            f'tostring(abs({numeral})*{rng.randint(1, 5000)},"{rng.choice(("commas", "hex", "duration", "binary"))}")',
            f"typeof({rng.choice(list(state.kinds))})",
            f'printf("{rng.choice(("%05d", "%+d", "%x", "%-4d|", "%d%%"))}",abs({numeral}))',
            f'printf("%s/%6s",{inner},{other})',
            f"md5({inner})",
            *((f'strftime(_time,"{rng.choice(("%Y-%m-%dT%H:%M:%S", "%H", "%d/%b/%y %I %p", "%A %j %s %F"))}")',) * 2),
            f'strftime(relative_time(_time,"{rng.choice(("-1d@d", "@h", "+2h@d", "-1mon@mon", "@w1"))}"),"%F %T")',
        )
    )


_PATTERNS = ("^a", "a$", "[xy]_", "(?i)ALICE", "(?<=a)l", r"\d\.\d")


_SIGNS = ("=", "!=", "<", "<=", ">", ">=")


def predicate(state: State, depth: int) -> str:
    rng = state.rng
    if depth > 0 and rng.random() < 0.4:
        left, right = predicate(state, depth - 1), predicate(state, depth - 1)
        return rng.choice((f"({left} AND {right})", f"({left} OR {right})", f"NOT ({left})", f"({left} XOR {right})"))
    name = rng.choice(list(state.kinds))
    options = [f"isnull({name})", f"isnotnull({name})", f"isnum({name})"]
    kind = state.kinds[name]
    if name == "_time":
        options = [f"_time{rng.choice(('<', '>', '<=', '>='))}{1_736_899_200 + rng.randint(0, 172_800)}"]
    elif kind in ("int", "num", "float", "mixed"):
        options += [f"{name}{rng.choice(('<', '>', '<=', '>='))}{rng.randint(-9, 20)}"] * 3
    if kind == "int" and name != "_time":
        options += [
            f"{name}{rng.choice(('=', '==', '!='))}{rng.randint(-9, 12)}",
            f"{name} IN ({rng.randint(0, 9)}, 7)",
        ]
    if kind in ("text", "mv"):
        word = rng.choice((*WORDS, *(n for n in NAMES if "\\" not in n)))
        options += [f'{name}="{word}"', f'{name}!="{word}"', f'in({name},"{word}","beta")']
        options += [f'like({name},"{rng.choice(("a%", "%a", "_e%", "%-%", "ALICE"))}")'] * (kind == "text")
        options += [f'match({name},"{rng.choice(_PATTERNS)}")']
        options += [f'cidrmatch("10.1.0.0/16",{name})'] * (name in ("d", "host"))
        options += [f'searchmatch("{name}={rng.choice(("al*", "BETA", "*"))}")']
    if kind == "text":
        other = state.pick("text")
        options += [f"{name}={other}", f"{name}<{other}"]
    if rng.random() < 0.15:  # what no type checker would let pass: numbers, texts and several values with each other
        other = rng.choice([n for n, of in state.kinds.items() if of != "float"] or ["host"])
        options = [f'{name}{rng.choice(_SIGNS)}"{rng.choice(("7", "-3.5", "beta", "m"))}"']
        options += [f"{name}{rng.choice(_SIGNS)}{other}", f"{name} LIKE {other}", f"in({name},{other},7)"]
    return rng.choice(options)
