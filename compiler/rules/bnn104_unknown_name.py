"""BNN104."""

import re
from difflib import get_close_matches

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.edits import replace, set_value
from bnnc.compiler.rules.registry import Report, finding
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Mapping, Node, Path, Scalar, Sequence, find
from bnnc.specs.section import LAYER_NAME


@finding("BNN104")
def unknown_name(
    report: Report,
    span: Span,
    field: str,
    value: str | None,
    choices: list[str],
    *,
    tree: Mapping,
    path: Path,
    of_layer: bool = False,
    others: str = "",
) -> Diagnostic:
    """A layer type, method, loss or other name that the language does not have.

    ## What it does
    Finds words that stand where one of a fixed list is expected.

    ## Why it is bad
    There is nothing that the word could be compiled to. Names are those of Keras and TensorFlow
    Probability, in lower case with underscores.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: Conv2D, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorial, parameterization: logits, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    # Imported here: a spec without unknown names needs no tables of what they may mean.
    from bnnc.compiler.recognition import bayesian_layer, exact_word, is_log_softmax, meant_word

    log_probs = field == "parameterization" and is_log_softmax(value)
    meant = None if log_probs else meant_word(value, choices)
    if of_layer and value and exact_word(value, choices) is None:
        meant = None if bayesian_layer(value, choices, _methods()) else meant
    notes: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    if meant is not None:
        help = f"did you mean `{meant}`?"
        fixes = (Fix(f"write `{meant}`", (replace(span, meant),), safe=False),)
        if field == "source" and value:
            help += f" A folder of that name is written `./{value}`"
    elif log_probs:
        help, notes, fixes = _of_log_probs(span, tree)
    elif field == "layers" and value:
        names = f"as in `layers: [{value}]`" if re.fullmatch(LAYER_NAME, value) else "in brackets"
        help = f"use `all`, `last`, or a list of layer names, {names}"
    elif of_layer and value:
        help, notes, fixes = _of_layer_type(span, value, choices, tree)
    elif others:
        help = f"write {_listed(choices)}, or {others}"
    elif len(choices) == 1:
        help = f"write `{choices[0]}`: there is no other yet"
    else:
        help = "use one of: " + _listed(choices)
        # Nobody finds a word in a list of forty.
        near = get_close_matches(value or "", choices) if len(choices) > 20 else []
        if near:
            help = f"the nearest are {_listed(near)}; {help}"
    return report(
        span,
        f"unknown `{field}`: {quoted('null' if value is None else value)}",
        label="not a name of the language",
        notes=notes,
        help=(help,),
        fixes=fixes,
    )


Instead = tuple[str, tuple[str, ...], tuple[Fix, ...]]


def _of_log_probs(span: Span, tree: Mapping) -> Instead:
    """Help, notes and fixes for log-probabilities, which no parameterization is called after."""
    node = find(tree, ("layers",))
    layers = node.items if isinstance(node, Sequence) else ()
    word = "probs" if layers and _says(layers[-1], "activation") == "softmax" else "logits"
    fix = Fix(f"write `{word}`", (replace(span, word),), safe=False)
    return "softmax outputs are `probs`; linear or log-softmax outputs are `logits`", (), (fix,)


def _says(layer: Node, key: str) -> object:
    """The value of a key of a layer; None if it has none."""
    entry = layer.entry(key) if isinstance(layer, Mapping) else None
    return entry.value.value if entry and isinstance(entry.value, Scalar) else None


def _of_layer_type(span: Span, value: str, types: list[str], tree: Mapping) -> Instead:
    """Help, notes and fixes for a layer of another library."""
    from bnnc.compiler.expected import choices, listing, schema_of_field
    from bnnc.compiler.recognition import (
        bayesian_layer,
        exact_word,
        layer_said_elsewhere,
        near_words,
    )

    all_types = (f"layer types are {_listed(types)}",)
    bayesian = bayesian_layer(value, types, _methods())
    if bayesian is not None:
        layer, method = bayesian
        edits = [replace(span, layer)]
        if tree.entry("bayesian") is None:
            edits.append(set_value(tree, ("bayesian", "method"), method))
        text = f"write `type: {layer}`, and `bayesian: {{method: {method}}}` once in the spec"
        note = (
            "layers keep their plain names; `bayesian` says by which method they have a posterior"
        )
        return text, (note,), (Fix(f"write `{layer}`", tuple(edits), safe=False),)
    elsewhere = layer_said_elsewhere(value)
    if elsewhere is not None:
        return elsewhere, (), ()
    activation = exact_word(value, choices(schema_of_field("layers.activation.activation") or {}))
    if activation is not None:
        return f"write `{{type: activation, activation: {activation}}}`", (), ()
    application = exact_word(value, choices(schema_of_field("layers.backbone.application") or {}))
    if application is not None:
        return f"write `{{type: backbone, application: {application}}}`", (), ()
    near = near_words(value, types)
    if near:
        verb = "is" if len(near) == 1 else "are"
        words = listing([f"`{one}`" for one in near])
        return f"write {words} instead: the nearest there {verb}", all_types, ()
    return "use one of: " + _listed(types), (), ()


def _methods() -> list[str]:
    from bnnc.compiler.expected import choices, schema_of_field

    return choices(schema_of_field("bayesian.method") or {})


def _listed(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
