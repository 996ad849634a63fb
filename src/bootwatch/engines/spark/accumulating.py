"""The accumulator tasks tell things by: what a task and partition said last is what holds."""

from __future__ import annotations

from typing import Final

from pyspark.accumulators import AccumulatorParam

from bootwatch.engines.spark.tasks import Told


class _Merged(AccumulatorParam[Told]):
    def zero(self, value: Told) -> Told:
        return {}

    def addInPlace(self, value1: Told, value2: Told) -> Told:  # noqa: N802 - PySpark's name
        value1.update(value2)
        return value1


MERGED: Final = _Merged()
