"""XPath over the XML of fields: the steps, wildcards, attributes and simple conditions of XPath 1.0.

``/a/b``, ``//b``, ``.``, ``*``, ``@name``, ``text()``, and in brackets a position, ``@name``, ``name``, or either
``= 'value'``. A document with a document type is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from bootwatch.algebra.kernels import kernel
from bootwatch.algebra.kernels.xml_paths import Element, NotXml, read
from bootwatch.algebra.xpath import Condition, Step, parse


@kernel("xpath")
def xpath(arrays: list[pa.Array], settings: tuple[str, ...], notes: list[str]) -> Sequence[object]:
    """Every value a path leads to in a text that is XML, wrapped in ``data``; null of none. Settings: path."""
    steps = parse(settings[0])
    return [None if text is None else _values(text, steps) for text in arrays[0].to_pylist()]


def _values(text: str, steps: tuple[Step, ...]) -> list[str] | None:
    try:
        root = read(f"<data>{_body(text)}</data>")
    except NotXml:
        return None
    top = Element("", children=[root])
    if steps[0].name != "data" or steps[0].anywhere:
        top = root
    return list(_follow(top, steps)) or None


def _body(text: str) -> str:
    """The document without its declaration, which only stands at a beginning."""
    stripped = text.lstrip()
    return stripped[stripped.find("?>") + 2 :] if stripped.startswith("<?xml") else stripped


def _follow(root: Element, steps: tuple[Step, ...]) -> Iterator[str]:
    reached = [root]
    for step in steps[:-1]:
        reached = list({id(found): found for element in reached for found in _children(element, step)}.values())
    last = steps[-1]
    for element in reached:
        if last.kind == "attribute":
            holders = list(_below(element)) if last.anywhere else [element]
            yield from (holder.attributes[last.name] for holder in holders if last.name in holder.attributes)
        elif last.kind == "text":
            holders = list(_below(element)) if last.anywhere else [element]
            yield from (shown for holder in holders if (shown := "".join(holder.text)))
        else:
            yield from (found.value for found in _children(element, last))


def _below(element: Element) -> Iterator[Element]:
    """An element and everything in it, in the document's order."""
    stack = [element]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(found.children))


def _children(element: Element, step: Step) -> list[Element]:
    parents = _below(element) if step.anywhere else iter((element,))
    found: list[Element] = []
    for parent in parents:
        named = [child for child in parent.children if step.name in ("*", child.name)]
        for condition in step.conditions:
            named = [child for place, child in enumerate(named, 1) if _holds(child, place, condition)]
        found += named
    return found


def _holds(element: Element, place: int, condition: Condition) -> bool:
    if condition.position is not None:
        return place == condition.position
    if condition.attribute:
        value = element.attributes.get(condition.name)
        return value is not None and condition.value in (None, value)
    values = [child.value for child in element.children if child.name == condition.name]
    return bool(values) if condition.value is None else condition.value in values
