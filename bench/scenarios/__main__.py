"""``python -m bench.scenarios --out DIR`` writes the labelled set; ``--score`` also scans it and prints the rates."""

import argparse
import tempfile
from pathlib import Path

from bench.scenarios import context
from bench.scenarios.compose import Log, compose
from bench.scenarios.noise import QUIET_PER_HOUR
from bench.scenarios.score import PAGE, scan, score
from bench.scenarios.story import load


def write(log: Log, folder: Path) -> list[str]:
    """``all.log``, the same lines by source in ``by-source/``, the context files; returns options for ``scan``."""
    (folder / "by-source").mkdir(parents=True, exist_ok=True)
    (folder / "all.log").write_text("".join(f"{text}\n" for _, (_, text) in log.lines))
    for source in sorted({source for _, (source, _) in log.lines}):
        text = "".join(f"{text}\n" for _, (name, text) in log.lines if name == source)
        (folder / "by-source" / f"{source}.log").write_text(text)
    return [*context.write(log, folder), "--now", f"{log.end:%Y-%m-%dT%H:%M:%SZ}"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scenarios", description=__doc__)
    parser.add_argument("--out", type=Path, help="the folder to write; a temporary one unless said")
    parser.add_argument("--seed", type=int, default=1, help="names, addresses, versions, times and optional lines")
    parser.add_argument("--quiet-rate", type=float, default=QUIET_PER_HOUR, help="messages an hour on other days")
    parser.add_argument(
        "--by-source", action="store_true", help="scan the files of each source instead of the one file"
    )
    parser.add_argument(
        "--more", action="store_true", help="other stories, with the rarer acts, instead of the hundred"
    )
    parser.add_argument("--score", action="store_true", help="scan and print the rates and what was missed")
    parser.add_argument("--page", action="store_true", help="also score the page's own search alone")
    options = parser.parse_args()
    folder = options.out or Path(tempfile.mkdtemp(prefix="scenarios-"))
    log = compose(load(Path(__file__).with_name("more")) if options.more else load(), options.seed, options.quiet_rate)
    arguments = write(log, folder)
    print(f"{len(log.lines):,} lines of {len(log.told)} stories in {folder}")
    if not options.score:
        return
    labels = context.labels(log)
    paths = [folder / ("by-source" if options.by_source else "all.log")]
    result = score(labels, scan(paths, arguments))
    print("\n".join([*result.lines(), "", *result.misses]))
    if options.page:
        page = score(labels, scan(paths, ["--detection", PAGE, *arguments[-2:]]), any_severity=True)
        print("\n".join(["", "the page's own search:", *page.lines()]))


if __name__ == "__main__":
    main()
