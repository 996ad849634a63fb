"""One recogniser for several threads, with a memory that is thrown away now and then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from bootwatch.match.heads import Heads
from bootwatch.vendors import Recogniser

LINES = [
    "<189>45: r1: *Mar  1 18:48:50.483 UTC: %SYS-5-CONFIG_I: Configured",
    "<166>%ASA-6-302013: Built",
    "Jan 14 02:37:27 web1 sshd[12]: Accepted publickey",
    "<190>40: xrv RP/0/RP0/CPU0:Oct  4 22:52:47.441 : cfgmgr[67310]: %MGBL-CONFIG-6-DB_COMMIT : Committed",
    "2023 May  2 10:00:00 UTC: %ETHPORT-5-IF_UP: up",
]


def test_several_threads_share_one_memory() -> None:
    shared = Recogniser(remembered=40)
    batches = [
        Heads.of(pa.array([line.replace(" ", " " + "x" * (at % 7), at % 3) for at, line in enumerate(LINES * 9)][n:]))
        for n in range(24)
    ]
    alone = [Recogniser().sourcetypes(heads) for heads in batches]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(6):
            assert list(pool.map(shared.sourcetypes, batches)) == alone
