"""What compiling a search loads: ``check`` over thousands of them, and ``--help``, wait for every module."""

from __future__ import annotations

import subprocess
import sys

COMPILE = """
import sys
from bootwatch.spl.context import Context
from bootwatch.spl.functions.registry import functions
from bootwatch.spl.pipeline import parse, plan
functions()
plan(parse('index=x | eval a=mvmap(split(x,","),printf("%s",x)) | stats count by a'), Context())
print(sorted({"duckdb", "msgspec", "numpy", "pyarrow"} & sys.modules.keys()))
"""


def test_compiling_a_search_loads_no_engine_and_no_arrow() -> None:
    done = subprocess.run([sys.executable, "-c", COMPILE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
