"""Compose a spec: bases, then the file, then overrides."""

from __future__ import annotations

from collections.abc import Sequence

from bnnc.compiler.composition.bases import Bases
from bnnc.compiler.composition.cache import Cache, Composed
from bnnc.compiler.composition.overrides import Override, apply_setting
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping
from bnnc.specs.spec import EXTENDS


def compose(
    source: Source, tree: Mapping, settings: Sequence[Source | Override], cache: Cache
) -> Composed:
    """The tree of a spec over what it extends, with settings over both, each over those before."""
    composed = Composed(tree, (), {source: (0, 0)})
    if tree.entry(EXTENDS) is not None:
        composed = Bases(cache).compose(source, tree)
    if composed.tree is None:
        return composed
    merged, found = composed.tree, list(composed.findings)
    for setting in settings:
        merged, more = apply_setting(merged, setting)
        found += more
    return Composed(merged, tuple(found), composed.files)
