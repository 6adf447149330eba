"""Write the spec that a script says, as YAML with comments on what it does not cover."""

from __future__ import annotations

from bnnc.compiler.language.examples import flow
from bnnc.compiler.scripts.read import ReadScript
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Scalar, to_json


def write_spec(read: ReadScript, name: str) -> str:
    """The YAML text of a script's spec.

    Args:
        read: the script, with a tree.
        name: the script's file name, for the first comment.
    """
    assert read.tree is not None
    lines = [f"# Imported from {name}."]
    for reason, span in _not_covered(read):
        lines.append(f"# Line {_line(span)} is not covered: {reason}.")
    for one in read.tree.entries:
        match one.value:
            case Scalar():
                lines.append(f"{one.key}: {flow(one.value.value)}")
            case _ if one.key == "layers":
                layers = to_json(one.value)
                assert isinstance(layers, list)
                lines += ["layers:", *(f"  - {flow(layer)}" for layer in layers)]
            case _:
                lines.append(f"{one.key}: {flow(to_json(one.value))}")
    return "\n".join(lines) + "\n"


def _not_covered(read: ReadScript) -> list[tuple[str, Span]]:
    unknown = [(one.reason, one.span) for one in read.unknown]
    left_out = [(f"`{name}` has no counterpart in a spec", span) for name, span in read.left_out]
    return sorted([*unknown, *left_out], key=lambda one: one[1].start)


def _line(span: Span) -> int:
    return span.position[0]
