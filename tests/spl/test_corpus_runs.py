"""What compiles runs: every published search over an empty store and over one of mixed events, without an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.spl import corpus

from bootwatch import app
from bootwatch.errors import Error
from bootwatch.knowledge.objects import Knowledge

PARTS = 32
"""The corpora are cut so that every worker gets some of each."""
EVENTS = 1000


@pytest.fixture(scope="session")
def scopes(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, app.Scope]:
    """A scope over an empty store and one over mixed events; searches that write may write."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "lookups").mkdir()
    knowledge = Knowledge(corpus.macros(shared_dir, folder), folder / "lookups")
    made: dict[str, app.Scope] = {}
    for name, count in (("empty", 0), ("mixed", EVENTS)):
        log = folder / f"{name}.jsonl"
        log.write_text("".join(json.dumps(event) + "\n" for event in corpus.events(shared_dir, count, seed=4)))
        made[name] = app.Scope(home=folder / name, knowledge=knowledge, allow_risky=True)
        app.ingest(app.files([log], made[name]), made[name])
    return made


@pytest.mark.parametrize("part", range(PARTS))
def test_every_search_that_compiles_runs(part: int, shared_dir: Path, scopes: dict[str, app.Scope]) -> None:
    failed: list[str] = []
    for search in corpus.published(shared_dir)[part::PARTS]:
        if app.check(search.spl, scopes["empty"]).status != "ok":
            continue
        for name, scope in scopes.items():
            try:
                for _ in app.search(search.spl, app.store(scope), scope).batches():
                    pass
            except Error as exc:
                failed.append(f"{search.name} ({name} store): {exc}")
    assert not failed, "\n".join(failed)


def test_the_mixed_events_reach_most_searches(shared_dir: Path, scopes: dict[str, app.Scope]) -> None:
    """Without rows in them, nothing behind the first command of a search would have been tried."""
    tried = [search for search in corpus.published(shared_dir) if search.name.startswith("sigma")][::80]
    scope = scopes["mixed"]
    reached = [search for search in tried if any(app.search(search.spl, app.store(scope), scope).rows())]
    assert len(reached) >= len(tried) // 20, f"{len(reached)} of {len(tried)}"
