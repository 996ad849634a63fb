"""One run of all measurements: machine, counts, then ratios of whole-process wall time, interleaved.

``python -m bench.run`` writes the logs it lacks, runs every contender it finds and prints a line per figure. It ends
with status 0 whatever was measured; ``--strict`` ends with 1 where a goal was missed by more than a tenth, a count
differs or a contender failed.
"""

import argparse
import importlib.util
import json
import shlex
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench import compiling, contenders, duckdb_peer, process, rules
from bench.contenders import PAGE, Product
from bench.generate import Log, Spec, directory, ensure, parse_rate, parse_size
from bench.process import Command, Failed, Run
from bench.report import Count, Figure, Report, machine
from bootwatch.store import manifest

PARTS = ("counts", "text", "marginal", "scan", "store", "spark", "memory", "start", "queries", "compile")
SMALL = 10 * 10**6
BIG = 5 * 10**9
EVENTS, MANY_EVENTS = 10**6, 10**7
"""How many stored events the searches of :mod:`bench.queries` run over, and with ``--big``."""
QUERY_GOAL = 1.25
FEW_HITS = 0.001
"""Up to this hit rate the stricter goals hold."""

SUBSTRING, TERM = "substring rule", "Splunk's term rule"


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: its contenders, its scratch folder, what it prints to."""

    product: Product
    ripgrep: str | None
    rounds: int
    size: int
    parts: frozenset[str]
    work: Path
    report: Report

    def measure(self, rates: Sequence[float], big: bool) -> None:
        """All wanted parts, counts first."""
        for rate in rates:
            self._rate(Spec(self.size, rate), big)
        usual = max((rate for rate in rates if rate <= FEW_HITS), default=rates[0])
        if "memory" in self.parts:
            self._part("memory", lambda: self._memory(usual, big))
        if "start" in self.parts:
            self._part("start", lambda: self._start(usual))
        if "queries" in self.parts:
            self._part("queries", lambda: self._queries(MANY_EVENTS if big else EVENTS))
        if "compile" in self.parts:
            self._part("compile", self._compile)

    def _rate(self, spec: Spec, big: bool) -> None:
        if not self.parts & {"counts", "text", "marginal", "scan", "store"}:
            return
        log = ensure(spec)
        self.report.title(f"{log.name}: {log.stat().st_size / 1e9:.3g} GB, hit rate {spec.rate:.3%}")
        _warm(log)
        home, plain = self.work / "home", self.work / "parquet"
        stored = False
        if "store" in self.parts:
            duckdb_peer.write_parquet(spec, plain)
            stored = self._part("ingest", lambda: self._ingest(log, home))
        if "counts" in self.parts:
            self._part("counts", lambda: self._counts(spec, log, home if stored else None, plain))
        if self.parts & {"text", "marginal"}:
            self._part("text", lambda: self._text(spec, log))
        if "scan" in self.parts:
            self._part("scan", lambda: self._scan(spec, log))
        if stored:
            self._part("store", lambda: self._store(spec, log, home, plain))
        if stored and "spark" in self.parts and spec.rate == FEW_HITS:
            self._part("spark", lambda: self._spark(home, plain, big))
        for folder in (home, plain):
            shutil.rmtree(folder, ignore_errors=True)

    def _part(self, name: str, body: Callable[[], None]) -> bool:
        """Run one part; a contender that fails is reported and costs this part only."""
        try:
            body()
        except Failed as failure:
            self.report.fail(f"{name}: {failure}")
            return False
        return True

    # Counts.

    def _counts(self, spec: Spec, log: Path, home: Path | None, plain: Path) -> None:
        substring, term = self._expected(log)
        self.report.count(Count("lines the generator meant to hit", TERM, Log(spec).hits, term.base))
        if self.ripgrep:
            output = process.run(contenders.grep(self.ripgrep, log)).output
            self.report.count(Count("rg -i -c, base", SUBSTRING, int(output or 0), substring.base))
        if plain.exists():
            base, final = process.run(contenders.duckdb_sql("count", str(plain))).output.split()
            self.report.count(Count("DuckDB SQL, base", SUBSTRING, int(base), substring.base))
            self.report.count(Count("DuckDB SQL, score above 0", SUBSTRING, int(final), substring.final))
        for place, command in self._places(log, home):
            for part, expected in (("base", term.base), ("score above 0", term.final)):
                process.run(command(self._counting(part)))
                self.report.count(Count(f"bootwatch over {place}, {part}", TERM, self._counted(), expected))
            process.run(command(PAGE))
            rows = min(term.final, duckdb_peer.ROW_LIMIT)
            self.report.count(Count(f"bootwatch over {place}, rows after sort", TERM, self._row_count(), rows))

    def _places(self, log: Path, home: Path | None) -> list[tuple[str, Callable[[Path], Command]]]:
        places: list[tuple[str, Callable[[Path], Command]]] = [
            ("text", lambda spl: self.product.search_text(spl, log)),
        ]
        if home is not None:
            places.append(("store", lambda spl: self.product.search_store(spl, home)))
        return places

    def _expected(self, log: Path) -> tuple[rules.Counts, rules.Counts]:
        """Counts per rule by the slow check; ripgrep, where present, only saves it from reading every line."""
        if self.ripgrep:
            return rules.count(process.run(contenders.grep_lines(self.ripgrep, log)).output.splitlines())
        return rules.count(rules.candidates(log))

    def _counting(self, part: str) -> Path:
        """The page's search up to its base or its score, ending in a count."""
        lines = PAGE.read_text(encoding="utf-8").splitlines()
        stop = "|" if part == "base" else "| table"
        kept = lines[: next(number for number, line in enumerate(lines) if line.startswith(stop))]
        if part != "base" and not any(line.startswith("| where SuspicionScore") for line in kept):
            raise Failed("the page's search no longer filters by score before its table")
        path = self.work / f"{part.split()[0]}.spl"
        path.write_text("\n".join([*kept, "| stats count"]), encoding="utf-8")
        return path

    def _counted(self) -> int:
        (row,) = self.product.rows.read_text(encoding="utf-8").splitlines()
        return int(json.loads(row)["count"])

    def _row_count(self) -> int:
        with self.product.rows.open("rb") as rows:
            return sum(1 for _ in rows)

    # Ratios.

    def _text(self, spec: Spec, log: Path) -> None:
        small = ensure(Spec(SMALL, spec.rate))
        _warm(small)
        commands = {"search": self.product.search_text(PAGE, log)}
        if "marginal" in self.parts:
            commands["search small"] = self.product.search_text(PAGE, small)
        if self.ripgrep:
            commands["rg"] = contenders.grep(self.ripgrep, log)
            if "marginal" in self.parts:
                commands["rg small"] = contenders.grep(self.ripgrep, small)
        times = self._interleave(commands)
        search = times["search"]
        self.report.figure(Figure(f"search over text, {spec.rate:.3%} hits", search, " s"))
        if not self.ripgrep:
            return
        grep = times["rg"]
        goal = 0.5 if spec.rate <= FEW_HITS else 0.9
        name = f"search over text / rg -i -c, {spec.rate:.3%} hits"
        self.report.figure(Figure(name, search / grep, " x", goal, detail=f"{search:.2f} s, {grep:.2f} s"))
        if "marginal" in self.parts:
            more, less = search - times["search small"], grep - times["rg small"]
            name = f"marginal cost of search / rg -i -c, {spec.rate:.3%} hits"
            limit = 0.3 if spec.rate <= FEW_HITS else None
            self.report.figure(Figure(name, more / less, " x", limit, detail=f"{more:.2f} s, {less:.2f} s"))

    def _scan(self, spec: Spec, log: Path) -> None:
        """The whole pack; what the rules that read the whole log add is timed apart."""
        commands = {
            "scan": self.product.scan_text(log, whole_log=False),
            "whole": self.product.scan_text(log, whole_log=True),
        }
        if self.ripgrep:
            commands["rg"] = contenders.grep(self.ripgrep, log)
        times = self._interleave(commands)
        scan, apart = times["scan"], times["whole"] - times["scan"]
        self.report.figure(Figure(f"scan with the whole pack, {spec.rate:.3%} hits", scan, " s"))
        self.report.figure(Figure(f"what rules over the whole log add, {spec.rate:.3%} hits", apart, " s"))
        if self.ripgrep:
            grep = times["rg"]
            name = f"scan with the whole pack / rg -i -c, {spec.rate:.3%} hits"
            goal = 2.0 if spec.rate <= FEW_HITS else None
            self.report.figure(Figure(name, scan / grep, " x", goal, detail=f"{scan:.2f} s, {grep:.2f} s"))

    def _ingest(self, log: Path, home: Path) -> None:
        done = process.run(self.product.ingest(log, home))
        stored = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
        share = stored / log.stat().st_size
        self.report.figure(Figure("ingest", done.wall_s, " s", detail=f"{done.cpu_s:.1f} cpu-s"))
        self.report.figure(Figure("stored size / raw", share, " x"))

    def _store(self, spec: Spec, log: Path, home: Path, plain: Path) -> None:
        commands = {
            "store": self.product.search_store(PAGE, home),
            "sql": contenders.duckdb_sql("search", str(plain), str(self.work / "sql.jsonl")),
        }
        if self.ripgrep:
            commands["rg"] = contenders.grep(self.ripgrep, log)
        times = self._interleave(commands)
        name = f"search over the store, times as fast as DuckDB SQL, {spec.rate:.3%} hits"
        detail = f"{times['store']:.2f} s, {times['sql']:.2f} s"
        self.report.figure(Figure(name, times["sql"] / times["store"], " x", 2.5, at_least=True, detail=detail))
        if self.ripgrep:
            self._part("tagged", lambda: self._tagged(spec, log, home))

    def _tagged(self, spec: Spec, log: Path, home: Path) -> None:
        assert self.ripgrep is not None
        times = self._interleave({"tagged": self.product.tagged(home), "rg": contenders.grep(self.ripgrep, log)})
        output = process.run(self.product.scheduled(home, max(self.rounds, 5))).output
        running = json.loads(output)
        grep = times["rg"]
        name = f"scheduled (tagged) search in a running process, times as fast as rg -i -c, {spec.rate:.3%} hits"
        detail = f"{1000 * running['search']:.0f} ms, {grep:.2f} s; {running['rows']:,} rows"
        limit = 20.0 if spec.rate <= FEW_HITS else None
        self.report.figure(Figure(name, grep / running["search"], " x", limit, at_least=True, detail=detail))
        name = f"the same with its findings written up, {spec.rate:.3%} hits"
        detail = f"{1000 * running['scan']:.0f} ms; {running['findings']:,} findings"
        self.report.figure(Figure(name, grep / running["scan"], " x", detail=detail))
        name = f"bootwatch scan --detection over the store, a process of its own, {spec.rate:.3%} hits"
        detail = f"{times['tagged']:.2f} s, {grep:.2f} s"
        self.report.figure(Figure(name, grep / times["tagged"], " x", detail=detail))

    def _spark(self, home: Path, plain: Path, big: bool) -> None:
        """The page's search over the store on two tasks, against Spark SQL and the embedded engine in one session."""
        if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
            self.report.lack("PySpark and Java (make spark)")
            return
        arguments = ("flagship", str(home), str(plain), str(self.rounds))
        found = json.loads(process.run(contenders.module("spark", *arguments)).output)
        self.report.count(Count("rows on Spark", "the embedded engine", found["spark rows"], found["embedded rows"]))
        detail = f"{found['spark']:.2f} s, {found['sql']:.2f} s"
        name = "search over the store on local[2] / plain Spark SQL"
        self.report.figure(Figure(name, found["spark"] / found["sql"], " x", 0.15, detail=detail))
        base = 2.5 * found["embedded"] + found["session"]
        detail = f"{found['spark']:.2f} s; {found['embedded']:.2f} s here, {found['session']:.1f} s to start a session"
        name = "the same / 2.5 of the embedded engine and the start of a session"
        self.report.figure(Figure(name, found["spark"] / base, " x", 1.0, detail=detail))
        if big:
            self._part("spark, many events", lambda: self._many(home))

    def _many(self, home: Path) -> None:
        """Ten million events where the tasks may send the driver 16 MB; the program fails where one is not counted."""
        rounds = -(-MANY_EVENTS // _events(home))
        for _ in range(rounds - 1):
            process.run(self.product.ingest(ensure(Spec(self.size, FEW_HITS)), home))
        events = _events(home)
        found = json.loads(process.run(contenders.module("spark", "many", str(home), str(events))).output)
        name = f"{events:,} events aggregated on local[2], tasks sending at most {found['limit']}"
        self.report.figure(Figure(name, found["seconds"], " s", detail=f"{found['read by workers']:,} read by workers"))

    def _interleave(self, commands: dict[str, Command]) -> dict[str, float]:
        """Median wall time of each command, one run of each per round, so that drift of the machine hits all alike."""
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for _ in range(self.rounds):
            for name, command in commands.items():
                runs[name].append(process.run(command))
        return {name: statistics.median(run.wall_s for run in done) for name, done in runs.items()}

    # Memory and start-up.

    def _memory(self, rate: float, big: bool) -> None:
        self.report.title("peak memory of the process tree, search over text")
        peaks: dict[int, float] = {}
        for size in sorted({SMALL, self.size, *([BIG] if big else [])}):
            log = ensure(Spec(size, rate))
            _warm(log)
            peaks[size] = process.peak_of_tree(self.product.search_text(PAGE, log)) / 1e6
            self.report.figure(Figure(f"peak memory, {size / 1e9:g} GB", peaks[size], " MB", 600))
        if big and self.size < BIG:
            growth = peaks[BIG] / peaks[self.size]
            self.report.figure(Figure("peak memory, 5 GB / " + f"{self.size / 1e9:g} GB", growth, " x", 1.1))

    def _start(self, rate: float) -> None:
        self.report.title("start-up")
        small = ensure(Spec(SMALL, rate))
        times = self._interleave({"small": self.product.search_text(PAGE, small), "help": self.product.help()})
        self.report.figure(Figure("search over 10 MB of text", times["small"], " s", 1))
        self.report.figure(Figure("bootwatch --help", times["help"], " s", 0.2))

    # Searches against SQL, and compiling.

    def _queries(self, events: int) -> None:
        self.report.title(
            f"searches over about {events:,} stored events / hand-written DuckDB SQL, same reader and columns"
        )
        arguments = ("--events", str(events), "--rounds", str(self.rounds))
        for pair in json.loads(process.run(contenders.module("queries", *arguments)).output):
            detail = f"{pair['search']:.2f} s, {pair['sql']:.2f} s"
            self.report.figure(Figure(pair["spl"], pair["ratio"], " x", QUERY_GOAL, detail=detail))
            self.report.count(Count("rows of it", "DuckDB SQL", pair["rows"], pair["sql_rows"]))

    def _compile(self) -> None:
        self.report.title("compiling")
        if compiling.corpus() is None:
            self.report.lack("the measuring data (BOOTWATCH_SHARED, or ../shared)")
            return
        found = json.loads(process.run(contenders.module("compiling")).output)
        name = f"median of {found['detections']:,} published detections"
        self.report.figure(Figure(name, found["median_ms"], " ms", 15))
        name = f"a search of {found['longest']:,} characters converted from Sigma"
        self.report.figure(Figure(name, found["longest_ms"] / 1000, " s", 1))


def _events(home: Path) -> int:
    """How many events a store holds."""
    found = manifest.load(home)
    return 0 if found is None else sum(segment.rows for segment in found.segments)


def _warm(path: Path) -> None:
    """Read a file once, so that every contender finds it in the page cache."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="measure bootwatch against its peers")
    parser.add_argument("--size", type=parse_size, default=10**9, help="bytes of each log, as 10MB or 1GB (1GB)")
    parser.add_argument(
        "--rates", default="0.001%,0.1%,1%", help="hit rates, comma-separated (0.001%%,0.1%%,1%%)", metavar="LIST"
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the median counts (3)")
    parser.add_argument("--only", help=f"parts to run, comma-separated: {', '.join(PARTS)}", metavar="LIST")
    parser.add_argument("--big", action="store_true", help="memory over 5 GB too, searches over 10 million events")
    parser.add_argument("--json", type=Path, help="also write everything to FILE", metavar="FILE")
    parser.add_argument("--strict", action="store_true", help="end with 1 where a goal is missed by more than a tenth")
    parser.add_argument("--bootwatch", help="the command to measure (the installed bootwatch)", metavar="CMD")
    options = parser.parse_args(arguments)
    parts = frozenset(options.only.split(",") if options.only else PARTS)
    if not parts <= set(PARTS):
        parser.error(f"--only takes {', '.join(PARTS)}, not {', '.join(sorted(parts - set(PARTS)))}")
    try:
        rates = [parse_rate(rate) for rate in options.rates.split(",")]
    except ValueError:
        parser.error(f"--rates takes shares such as 0.1% or 0.001, not {options.rates}")

    ripgrep, found = contenders.find_ripgrep()
    argv = shlex.split(options.bootwatch) if options.bootwatch else contenders.find_bootwatch()
    report = Report({**machine(), "ripgrep": found, "duckdb": duckdb.__version__, "bootwatch": shlex.join(argv)})
    report.title("\n".join(f"{key}: {value}" for key, value in report.machine.items()))
    if ripgrep is None:
        report.lack(found)
    directory().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=directory()) as work:
        product = Product(argv, Path(work))
        Bench(product, ripgrep, options.rounds, options.size, parts, Path(work), report).measure(rates, options.big)
    short = [figure.name for figure in report.figures if figure.verdict == "short"]
    report.title(f"short of a goal: {'; '.join(short)}" if short else "no goal missed")
    if options.json:
        report.write(options.json)
    return int(options.strict and report.falls_short())


if __name__ == "__main__":
    sys.exit(main())
