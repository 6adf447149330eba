"""The layers of a checked document: where each is written, and what the plan knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnnc.compiler.planning.plan import Node
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Mapping, Path, Scalar, find
from bnnc.lsp.documents import Checked
from bnnc.specs.shapes import Shape

if TYPE_CHECKING:
    from bnnc.compiler.analysis.shapes import Step


@dataclass(frozen=True, slots=True)
class WrittenLayer:
    """A layer or a block as it is written once.

    Attributes:
        path: its path in the spec.
        span: all of it, in the text that writes it.
        kind: its type, as the text has it.
        steps: its shapes, once for each time that it is placed.
        nodes: the plan of each; none where the spec has errors.
    """

    path: Path
    span: Span
    kind: str
    steps: tuple[Step, ...]
    nodes: tuple[Node, ...]

    @property
    def output(self) -> Shape | None:
        """The shape of its last output, of one example; None where it is not known."""
        return self.steps[-1].output if self.steps else None


def written_layers(checked: Checked) -> Iterator[WrittenLayer]:
    """Every layer and block of a document, in the order of the text, as far as it is known."""
    report = checked.report
    view, tree = report.view, report.tree
    if view is None or tree is None:
        return
    steps = view.shapes.steps if view.has("input.shape") else ()
    for path, _ in view.written_layers:
        node = find(tree, path)
        if not isinstance(node, Mapping):
            continue
        own = tuple(one for one in steps if one.placed.path[: len(path)] == path)
        nodes = (checked.nodes.get(one.placed.index) for one in own)
        kind = find(node, ("type",))
        yield WrittenLayer(
            path,
            node.span,
            str(kind.value) if isinstance(kind, Scalar) else "",
            own,
            tuple(one for one in nodes if one is not None),
        )


def layer_at(checked: Checked, source: Source, offset: int) -> WrittenLayer | None:
    """The innermost layer around an offset of a text."""
    around = [
        one
        for one in written_layers(checked)
        if one.span.source == source and one.span.start <= offset <= one.span.end
    ]
    return min(around, key=lambda one: one.span.end - one.span.start, default=None)


def shape_text(shape: Shape) -> str:
    """A shape as the plan shows it."""
    return "×".join(map(str, shape))
