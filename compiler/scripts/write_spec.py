"""Write the spec that a script says, as YAML with comments on what it does not cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bnnc.compiler.language.examples import flow
from bnnc.compiler.scripts.read import ReadScript
from bnnc.compiler.scripts.values import Call
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Entry, Mapping, Node, Scalar, Sequence, to_json

# Arguments of `fit` and `compile` that a spec says, or that change nothing of a training.
_SAID = {
    ".fit": {"x", "y", "batch_size", "epochs", "validation_split", "verbose", "shuffle"},
    ".compile": {"optimizer", "loss", "metrics", "run_eagerly", "jit_compile"},
}
# Keys that a section cannot be without.
_REQUIRED = frozenset({"units", "filters", "kernel_size", "rate", "classes"})


def write_spec(read: ReadScript, name: str) -> str:
    """The YAML text of a script's spec.

    Args:
        read: the script, with a tree.
        name: the script's file name, for the first comment.
    """
    assert read.tree is not None
    lines = [f"# Imported from {name}."]
    lines += [f"# {_place(span)}: {text}." for text, span in _decided(read)]
    lines += [f"# {_place(span)} is not covered: {reason}." for reason, span in _not_covered(read)]
    for one in read.tree.entries:
        if one.key == "layers" and isinstance(one.value, Sequence):
            lines += ["layers:", *_layers(one.value, "  ")]
        elif isinstance(one.value, Scalar) and one.value.reported:
            lines.append(f"{one.key}:  # write it here: the script does not show it")
        else:
            lines.append(f"{one.key}: {flow(to_json(_known(one.value)))}")
    return "\n".join(lines) + "\n"


def _layers(layers: Sequence, indent: str) -> Iterator[str]:
    """Layers, one in a line; blocks with their bodies below them."""
    for layer in layers.items:
        inner = [one for one in _entries(layer) if one.key in ("body", "branches")]
        if not inner:
            yield f"{indent}- {flow(to_json(_known(layer)))}"
            continue
        first = "- "
        for one in _entries(layer):
            if one not in inner:
                yield f"{indent}{first}{one.key}: {flow(to_json(one.value))}"
                first = "  "
        (block,) = inner
        assert isinstance(block.value, Sequence)
        yield f"{indent}  {block.key}:"
        if block.key == "body":
            yield from _layers(block.value, f"{indent}    ")
            continue
        for branch in block.value.items:
            assert isinstance(branch, Sequence)
            lines = list(_layers(branch, f"{indent}      "))
            yield f"{indent}    - {lines[0].lstrip() if lines else '[]'}"
            yield from lines[1:]


def _entries(node: Node) -> tuple[Entry, ...]:
    return node.entries if isinstance(node, Mapping) else ()


def _known(node: Node) -> Node:
    """A node without the values that are not known, as far as a section can be without them."""
    match node:
        case Mapping():
            kept = [
                Entry(one.key, one.key_span, _known(one.value))
                for one in node.entries
                if one.key in _REQUIRED or not _is_unknown(one.value)
            ]
            return Mapping(tuple(kept), node.span)
        case Sequence():
            return Sequence(tuple(map(_known, node.items)), node.span)
    return node


def _is_unknown(node: Node) -> bool:
    return isinstance(node, Scalar) and node.reported


def _decided(read: ReadScript) -> list[tuple[str, Span]]:
    """What the spec says otherwise than the script."""
    found = [*read.decided]
    if read.loss is not None and read.loss.written is not None:
        text = f"the loss `{read.loss.written}` is written as `mean_squared_error`"
        found.append((text, read.loss.span))
    found += [
        ("dropout that is always active is written as `method: mc_dropout`", one.call.span)
        for one in read.layers
        if one.method == "mc_dropout"
    ]
    found += _of_posteriors(read)
    models = [one for one in read.evaluation.models if one.layers or one.outputs is not None]
    inner = [one for one in models if one.compiled or one.fitted]
    if len(inner) > 1 and read.model in inner:
        text = f"the script trains {len(inner)} models, and this is the spec of the last one"
        found.append((text, inner[-1].span))
    if read.loss is not None and read.loss.maximised is not None:
        found.append(("the loss has the wrong sign, a spec has the right one", read.loss.maximised))
    return sorted(dict.fromkeys(found), key=_order)


def _of_posteriors(read: ReadScript) -> Iterator[tuple[str, Span]]:
    """What a spec has in another way than tfp.layers have it."""
    of_tfp = [one.call for one in read.layers if one.call.function.startswith("tfp.layers.")]
    for call in of_tfp[:1]:
        yield (
            "the posteriors begin with a scale of 0.01, the default of a spec; TFP's begin with "
            "about 0.05",
            call.function_span,
        )
    if of_tfp and "losses" in read.evaluation.attributes and not _has_kl_weight(read):
        yield "the KL is divided by the number of rows, as a spec does by default", of_tfp[0].span


def _has_kl_weight(read: ReadScript) -> bool:
    loss = None if read.tree is None else read.tree.entry("loss")
    return loss is not None and any(one.key == "kl" for one in _entries(loss.value))


def _not_covered(read: ReadScript) -> list[tuple[str, Span]]:
    assert read.tree is not None
    found = [("this cell is not Python", Span(cell, 0, 0)) for cell, _ in read.code.errors]
    found += [(one.reason, one.span) for one in read.unknown]
    found += [(f"`{name}` has no counterpart in a spec", span) for name, span in read.left_out]
    model = read.model
    calls = [] if model is None else [*model.compiled[-1:], *model.fitted[-1:]]
    found += [one for call in calls for one in _arguments(call)]
    training = read.tree.entry("training")
    if training is not None:
        found += [
            (f"`{one.key}` is not known before the script runs", one.value.span)
            for one in _unknown_entries(training.value)
        ]
    return sorted(dict.fromkeys(found), key=_order)


def _arguments(call: Call) -> Iterator[tuple[str, Span]]:
    for name, span in call.keyword_spans.items():
        if name not in _SAID.get(call.function, {name}):
            yield f"`{name}` of `{call.function[1:]}`", span


def _unknown_entries(node: Node) -> Iterable[Entry]:
    for one in _entries(node):
        if _is_unknown(one.value):
            yield one
        yield from _unknown_entries(one.value)


def _order(one: tuple[str, Span]) -> tuple[int, int]:
    return one[1].source.cell or 0, one[1].start


def _place(span: Span) -> str:
    line = f"line {span.position[0]}"
    cell = span.source.cell
    return line.capitalize() if cell is None else f"Cell {cell}, {line}"
