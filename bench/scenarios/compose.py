"""From stories to a log: when each begins, on which devices, every line of it, and the ordinary messages around it."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from bench.scenarios import lines
from bench.scenarios.headers import Line, Scene
from bench.scenarios.noise import PER_HOUR, QUIET_PER_HOUR, Noise
from bench.scenarios.story import Story
from bench.scenarios.world import Device, World, device, world

_BASES = (
    datetime(2026, 3, 10, tzinfo=UTC),  # holds the night summer time begins in Europe
    datetime(2026, 5, 4, tzinfo=UTC),
    datetime(2026, 6, 15, tzinfo=UTC),
    datetime(2026, 10, 12, tzinfo=UTC),  # holds the night it ends
)
_DAYS = 24
_NEAR = timedelta(hours=3)
_AAA = ("tac", "tacng", "tacgui", "ise", "iseauth")
_INSTEAD = {
    "ios": (*_AAA, "acctlocal"),
    "iosxe": (*_AAA, "acctlocal"),
    "iosxr": _AAA,
    "nxos": ("nx", "nx", "tac"),
    "asa": ("asa", "asa", "tacng"),
    "eos": ("eos", "eos", "tac", "ise"),
}
"""Channels that could report a command as well; all seeds but the first choose one of them for a story."""

_WORD = re.compile(r"\{(\w+)(?:\.(\w+))?\}")


@dataclass(frozen=True, slots=True)
class Told:
    """A story as it happened: on these devices, between these times."""

    story: Story
    devices: tuple[Device, ...]
    first: datetime
    last: datetime
    user: str
    source: str
    recorded: tuple[Device, ...]
    """The devices its change record is for, if it has one."""
    image: str
    """What that record approves, spelled out; empty where there is none."""
    summary: str
    until: datetime
    """The last moment that record is about."""


@dataclass(frozen=True, slots=True)
class Log:
    """Every line with the time it arrived, in order, and what was told in them."""

    world: World
    seed: int
    lines: list[tuple[datetime, Line]]
    told: list[Told]
    end: datetime


@dataclass(slots=True)
class Gaps:
    """When a device says nothing, and since when an implant keeps session messages back."""

    silent: list[tuple[datetime, datetime]] = field(default_factory=list)
    suppressed: datetime | None = None


def compose(stories: list[Story], seed: int, quiet: float = QUIET_PER_HOUR) -> Log:
    """All stories of a seed in one log; ``quiet`` is what a device says per hour on the other days, 0 for nothing."""
    place = world(seed)
    random = Random(f"stories {seed}")
    base = _BASES[(seed - 1) % len(_BASES)]
    end = base + timedelta(days=_DAYS)
    noise = Noise(Random(f"noise {seed}"), place.domain)
    out: list[tuple[datetime, Line]] = []
    told: list[Told] = []
    number = random.randrange(100)
    for story in random.sample(stories, len(stories)):
        devices: list[Device] = []
        for _ in range(story.devices):
            number += 1
            twin = devices[0] if devices else None
            platform = story.platform or (twin.platform if twin else None)
            devices.append(device(place, story.os, number, platform, twin))
        one, gaps = tell(story, tuple(devices), place, base, random, out, varied=seed > 1)
        if gaps.suppressed is not None:  # it lasts
            one = replace(one, last=end)
        told.append(one)
        for each in devices:
            out += _around(each, one, gaps if each is devices[0] else Gaps(), noise, (base, end), quiet)
    out.sort(key=lambda pair: pair[0])
    if seed > 1:
        out = _relayed(out, random)
    return Log(place, seed, out, told, end)


def _relayed(out: list[tuple[datetime, Line]], random: Random) -> list[tuple[datetime, Line]]:
    """As relays deliver: a line in a hundred twice, three in a hundred up to a minute late."""
    arrived = []
    for time, line in out:
        late = timedelta(seconds=random.uniform(1, 60)) if random.random() < 0.03 else timedelta()
        arrived += [(time + late, line)] * (2 if random.random() < 0.01 else 1)
    return sorted(arrived, key=lambda pair: pair[0])


def tell(
    story: Story,
    devices: tuple[Device, ...],
    place: World,
    base: datetime,
    random: Random,
    out: list[tuple[datetime, Line]],
    *,
    varied: bool = False,
) -> tuple[Told, Gaps]:
    """Tell a story on these devices, on a day after ``base``, and append its lines to ``out``.

    ``varied`` lets another of the channels that report commands do so.
    """
    sources = {"jump": place.jump, "nms": place.nms, "odd": place.odd, "bad": place.bad}
    words = {"bad": place.bad, "odd": sources["odd"], "srv": place.srv, "jump": place.jump, "nms": place.nms}
    words |= {"op": random.choice(place.staff), "src": sources[story.source], "domain": place.domain}
    words |= {"user": story.user.format(**words)}
    named = dict(zip("abc", devices, strict=False))

    def fill(text: str) -> str:
        def word(found: re.Match[str]) -> str:
            first, second = found.groups()
            chosen, name = (named[first], second) if second else (devices[0], first)
            own = {"host": chosen.name, "ip": chosen.ip} | chosen.images
            own |= {f"{key}v": value for key, value in chosen.versions.items()}
            return {**words, **own}[name]

        return _WORD.sub(word, text)

    time = _begin(story, base, random)
    gaps = Gaps()
    first, until = time, None
    instead = _INSTEAD.get(story.os, ()) if varied else ()
    reporter = random.choice(instead) if instead else ""
    for number, step in enumerate(story.steps, 1):
        if step.optional and random.random() < 0.5:
            continue
        time += timedelta(seconds=step.after_s * random.uniform(0.8, 1.2) if step.after_s > 5 else step.after_s)
        time = time.replace(microsecond=random.randrange(1000) * 1000)
        if step.channel == "silence":
            gaps.silent.append((time, time))
        elif step.channel == "noise":
            gaps.silent[-1] = (gaps.silent[-1][0], time)
        elif step.channel == "suppress":
            gaps.suppressed = time
        else:
            user = fill(step.user) if step.user else words["user"]
            channel = reporter if step.channel in instead else step.channel
            scene = Scene(named[step.device], time, user, words["src"], step.failed, random, place.domain)
            until = time if story.change and number <= story.change.until else until
            out += [(time, line) for line in lines.CHANNELS[channel](scene, fill(step.text))]
    change = story.change
    image, summary = (fill(change.image), fill(change.summary)) if change else ("", "")
    recorded = tuple(each for letter, each in named.items() if change and letter in change.devices)
    return Told(story, devices, first, time, words["user"], words["src"], recorded, image, summary, until or time), gaps


def _begin(story: Story, base: datetime, random: Random) -> datetime:
    """A day on which the story still ends in time, and its hour."""
    length = timedelta(seconds=1.2 * sum(step.after_s for step in story.steps)) // timedelta(days=1) + 1
    first = story.steady_days + 1 if story.steady_days else 2
    day = base + timedelta(days=random.randint(first, max(first, _DAYS - 1 - length)))
    if story.start:
        hour, minute = map(int, story.start.split(":"))
        return day + timedelta(hours=hour, minutes=minute + random.randrange(20))
    return day + timedelta(hours=random.randrange(6, 18), minutes=random.randrange(60), seconds=random.randrange(60))


def _around(
    each: Device, told: Told, gaps: Gaps, noise: Noise, whole: tuple[datetime, datetime], quiet: float
) -> list[tuple[datetime, Line]]:
    busy = (told.first - _NEAR, told.last + _NEAR)
    rate = PER_HOUR[each.os]
    if told.story.steady_days:
        times = noise.times(whole[0], whole[1], rate)
    elif told.last - told.first > timedelta(days=1):
        times = noise.times(busy[0], busy[1], max(quiet, QUIET_PER_HOUR))
    else:
        times = noise.times(*busy, rate)
    if quiet and not told.story.steady_days:
        times += noise.times(whole[0], busy[0], quiet) + noise.times(busy[1], whole[1], quiet)
    out = []
    for time in times:
        if any(start <= time < stop for start, stop in gaps.silent):
            continue
        line = noise.line(each, time, gaps.suppressed is not None and time >= gaps.suppressed)
        if line:
            out.append((time, line))
    return out
