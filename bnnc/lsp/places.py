"""Where a word leads to, and the shapes that are shown beside the layers."""

from __future__ import annotations

import os
import re

from lsprotocol import types

from bnnc.compiler.composition.files import path_from
from bnnc.compiler.composition.layers_of_text import layer_paths
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Node, Scalar, Sequence, find, find_entry
from bnnc.lsp.cursor import path_at
from bnnc.lsp.documents import Checked, uri_of_path
from bnnc.lsp.layers import WrittenLayer, shape_text, written_layers
from bnnc.lsp.positions import Positions
from bnnc.specs.spec import EXTENDS

_ALIAS = re.compile(r"\*([\w-]+)")


def definition(
    checked: Checked, position: types.Position, positions: Positions
) -> types.Location | None:
    """Where the word at a position is defined: a file that is extended, a layer, an anchor."""
    own, source = checked.own_tree, checked.document.source
    if own is None or checked.document.kind != "spec":
        return None
    offset = positions.offset(source, position)
    found = path_at(own, offset, source)
    if found is None or found[1]:
        return None
    path, _ = found
    node = find(own, path)
    if node is not None and (alias := _ALIAS.match(source.text, node.span.start)):
        return _anchor(alias[1], checked, source, positions, node.span.start)
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return None
    if path[0] == EXTENDS and source.folder is not None:
        target = path_from(source.folder, node.value)
        start = types.Position(0, 0)
        is_there = "\0" not in target and os.path.isfile(target)
        return types.Location(uri_of_path(target), types.Range(start, start)) if is_there else None
    if path[:2] == ("bayesian", "layers"):
        return _layer(node.value, checked, positions)
    return None


def _anchor(
    name: str, checked: Checked, source: Source, positions: Positions, before: int
) -> types.Location | None:
    """The last anchor of a name before an alias."""
    places = list(re.finditer(rf"&{re.escape(name)}(?![\w-])", source.text[:before]))
    if not places:
        return None
    span = Span(source, *places[-1].span())
    return types.Location(checked.document.uri_of(source), positions.range(span))


def _layer(name: str, checked: Checked, positions: Positions) -> types.Location | None:
    tree = checked.report.tree
    layers = None if tree is None else find(tree, ("layers",))
    if tree is None or not isinstance(layers, Sequence):
        return None
    path = layer_paths(layers).get(name)
    if path is None:
        return None
    entry = find_entry(tree, (*path, "name")) or find_entry(tree, (*path, "type"))
    node: Node | None = find(tree, path)
    span = entry.span if entry is not None else None if node is None else node.span
    if span is None:
        return None
    return types.Location(checked.document.uri_of(span.source), positions.range(span))


def shape_hints(
    checked: Checked, source: Source, wanted: types.Range, positions: Positions
) -> list[types.InlayHint]:
    """The output shape of each layer that is written in a range."""
    start = positions.offset(source, wanted.start)
    end = positions.offset(source, wanted.end)
    hints = []
    done = 0  # where the last line with a hint ends: of blocks in one line, the outermost has it
    for layer in written_layers(checked):
        if layer.output is None or layer.span.source != source or layer.span.end <= done:
            continue
        done = done if "\n" in layer.span.text else layer.span.end
        at = _behind(layer, checked)
        if start <= at <= end:
            hints.append(
                types.InlayHint(
                    position=positions.position(source, at),
                    label=f"→ {shape_text(layer.output)}",
                    padding_left=True,
                    tooltip="shape of the output, of one example",
                )
            )
    return hints


def _behind(layer: WrittenLayer, checked: Checked) -> int:
    """Where the hint of a layer stands: behind it, or behind its type where it has several lines."""
    tree = checked.report.tree
    several = "\n" in layer.span.text.rstrip()
    if tree is None or not several or checked.document.kind == "script":
        return layer.span.end
    entry = find_entry(tree, (*layer.path, "type"))
    if entry is None or entry.value.span.source != layer.span.source:
        return layer.span.end
    return entry.value.span.end
