"""A slow and plain evaluator of SPL, row by row: the opinion an engine's answers are checked against.

It shares no code with the product. It is written from Splunk's documented semantics alone (semantics page A1 to A4, B3
to B5, C1 to C7, C10 and the commands of D it registers), and every place where those leave a choice is named where the
choice is made.
"""

from .pipeline import run
from .values import ReferenceError_, Row

__all__ = ["ReferenceError_", "Row", "run"]
