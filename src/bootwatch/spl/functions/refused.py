"""Eval functions that exist in Splunk and are refused by name, with what to do instead."""

from __future__ import annotations

from bootwatch.spl.functions.registry import Call, function
from bootwatch.spl.values import Value


@function("cluster", least=1, most=None)
def cluster(call: Call) -> Value:
    """``cluster(field, …)``: a label of similarity whose rules Splunk does not document; refused by name."""
    call.unsupported(
        "the function 'cluster' is not supported", hint="its rules of similarity are not documented; group by a field"
    )
