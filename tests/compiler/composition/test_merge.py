"""Merging: the laws of the one order, and documents that are merged by hand."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bnnc.compiler.composition.merge import merge, nodes_of
from bnnc.compiler.reading.reader import read
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Mapping, Sequence, to_json, walk

Json = Any
MANY = settings(
    max_examples=100,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
KEYS = st.sampled_from(["a", "b", "c", "d"])


def mappings(scalars: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    values = st.recursive(
        scalars,
        lambda inside: st.dictionaries(KEYS, inside, max_size=4) | st.lists(inside, max_size=2),
        max_leaves=10,
    )
    return st.dictionaries(KEYS, values, max_size=4)


WITHOUT_NULL = mappings(st.integers(0, 9) | st.booleans() | st.text(max_size=2))
WITH_NULL = mappings(st.none() | st.integers(0, 9))


def tree(document: Json, name: str = "spec.json") -> Mapping:
    found, findings = read(Source(name, json.dumps(document, indent=1)))
    assert found is not None
    assert not findings
    return found


def by_hand(base: Json, over: Json) -> Json:
    """RFC 7396, but that `null` stays where there is nothing to remove."""
    merged = copy.deepcopy(base)
    for key, value in over.items():
        if key not in base:
            merged[key] = value
        elif value is None:
            del merged[key]
        elif isinstance(base[key], dict) and isinstance(value, dict):
            merged[key] = by_hand(base[key], value)
        else:
            merged[key] = value
    return merged


@MANY
@given(base=WITH_NULL, over=WITH_NULL)
def test_a_merged_tree_says_what_merging_by_hand_says(base: Json, over: Json) -> None:
    merged = merge(tree(base), tree(over))
    assert to_json(merged) == by_hand(base, over)


@MANY
@given(document=WITH_NULL)
def test_nothing_over_a_document_changes_nothing(document: Json) -> None:
    assert to_json(merge(tree(document), tree({}))) == document
    assert to_json(merge(tree({}), tree(document))) == document


@MANY
@given(document=WITHOUT_NULL)
def test_a_document_over_itself_changes_nothing(document: Json) -> None:
    assert to_json(merge(tree(document), tree(document))) == document


@MANY
@given(first=WITHOUT_NULL, second=WITHOUT_NULL, third=WITHOUT_NULL)
def test_without_null_it_does_not_matter_which_two_are_merged_first(
    first: Json, second: Json, third: Json
) -> None:
    left = merge(merge(tree(first), tree(second)), tree(third))
    right = merge(tree(first), merge(tree(second), tree(third)))
    # Scalars between mappings end what is merged, in either way; a mapping over them begins anew.
    if not _kinds_change(first, second, third):
        assert to_json(left) == to_json(right)


def _kinds_change(*documents: Json) -> bool:
    """Whether a key has a mapping in one document and something else in another."""
    for key in {key for one in documents for key in one}:
        values = [one[key] for one in documents if key in one]
        are_mappings = {isinstance(value, dict) for value in values}
        if len(are_mappings) > 1 or (True in are_mappings and _kinds_change(*values)):
            return True
    return False


@MANY
@given(base=WITH_NULL, over=WITH_NULL)
def test_every_node_keeps_the_place_that_it_was_read_from(base: Json, over: Json) -> None:
    first, second = tree(base, "base.json"), tree(over, "over.json")
    for path, node in walk(merge(first, second)):
        said = json.loads(node.span.text) if node.span.text else None
        if not isinstance(node, Mapping):
            assert said == to_json(node), path
        if isinstance(node, Mapping):
            for entry in node.entries:
                assert json.loads(entry.key_span.text) == entry.key
                assert entry.key_span.source is entry.value.span.source
                assert entry.key_span.end <= entry.value.span.start
            assert all(one.key_span.source is node.span.source for one in node.own_entries)


@MANY
@given(document=WITH_NULL)
def test_nodes_are_counted_as_keys_and_values(document: Json) -> None:
    def count(value: Json) -> int:
        if isinstance(value, dict):
            return 1 + len(value) + sum(map(count, value.values()))
        return 1 + sum(map(count, value)) if isinstance(value, list) else 1

    assert nodes_of(tree(document)) == count(document)


def test_lists_are_replaced_whole_and_keys_stand_in_the_order_of_the_base() -> None:
    base = {"a": [1, {"x": 1}], "b": {"p": 1, "q": 2}, "c": 3}
    over = {"new": 0, "c": 4, "b": {"q": None, "r": 5}, "a": [{"y": 2}]}
    merged = merge(tree(base), tree(over))
    assert [entry.key for entry in merged.entries] == ["a", "b", "c", "new"]
    assert to_json(merged) == {"a": [{"y": 2}], "b": {"p": 1, "r": 5}, "c": 4, "new": 0}
    inside = merged.entries[1].value
    assert isinstance(inside, Mapping)
    assert [entry.key for entry in inside.removed] == ["q"]
    assert isinstance(merged.entries[0].value, Sequence)
