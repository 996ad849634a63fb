"""Batches in a temporary file come back whole and in order, to several readers at once."""

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from bootwatch.detect.spool import Spool


def _filled(limit_bytes: int) -> Spool:
    spool = Spool(limit_bytes)
    for start in range(0, 20_000, 100):
        spool.add(pa.record_batch({"n": list(range(start, start + 100))}))
    return spool


@pytest.mark.parametrize("limit_bytes", [0, 4_000, 10**9])
def test_readers_do_not_disturb_each_other(limit_bytes: int) -> None:
    spool = _filled(limit_bytes)

    def read(_: int) -> list[int]:
        return [number for batch in spool.batches() for number in batch.column("n").to_pylist()]

    with ThreadPoolExecutor(8) as pool:
        assert all(numbers == list(range(20_000)) for numbers in pool.map(read, range(32)))
    spool.close()


def test_two_readings_may_take_turns() -> None:
    spool = _filled(0)
    pairs = list(zip(spool.batches(), spool.batches(), strict=True))
    assert len(pairs) == 200
    assert all(one.equals(other) for one, other in pairs)
    spool.close()
