"""Which sums of a graph are added in an order that depends on the threads."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tensorflow.python.eager import context

# What hands on the buffer of its input, and what brings one from elsewhere.
_ALIASES = ("Identity", "Reshape", "Squeeze", "ExpandDims", "StopGradient", "EnsureShape")
_LOOPS = ("Merge", "Enter", "NextIteration", "Exit", "Switch")
_FROM_ELSEWHERE = (*_LOOPS, "Placeholder", "_Arg", "Const", "ReadVariableOp")


def optimized_graphs(run: Callable[[], object]) -> Iterator[Sequence[Any]]:
    """The nodes of the graphs, after Grappler, of all functions that a call runs first."""
    context.context().enable_graph_collection()
    try:
        run()
        found = context.context().export_run_metadata()
    finally:
        context.context().disable_graph_collection()
    for function in found.function_graphs:
        graph = function.post_optimization_graph
        yield graph.node
        yield from (inner.node_def for inner in graph.library.function)


def sums_without_an_order(nodes: Sequence[Any]) -> list[str]:
    """Names of the `AddN` that add in one order or another.

    `AddN` puts the first term whose buffer is free in front. That of a term without another
    consumer is; that of any other may be or not. The order of two in front changes no bits.
    """
    by_name = {node.name: node for node in nodes}
    uses = Counter(_tensor(each) for node in nodes for each in node.input if each[0] != "^")

    def is_free(name: str) -> bool:
        node = by_name.get(name.split(":")[0])
        if uses[_tensor(name)] > 1 or node is None or node.op in _FROM_ELSEWHERE:
            return False
        return node.op not in _ALIASES or is_free(node.input[0])

    def has_an_order(terms: list[str]) -> bool:
        return len(terms) < 3 or any(map(is_free, terms[:2]))

    return [
        node.name
        for node in nodes
        if node.op == "AddN" and not has_an_order([each for each in node.input if each[0] != "^"])
    ]


def _tensor(name: str) -> tuple[str, str]:
    """The node and the number of its output: of 'a', 'a:1', and 'a:output:1' within a function."""
    node, *rest = name.split(":")
    return node, rest[-1] if rest else "0"
