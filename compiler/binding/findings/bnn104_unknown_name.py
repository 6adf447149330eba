"""BNN104."""

import re
from dataclasses import replace as with_changes
from difflib import get_close_matches

from bnnc.compiler.analysis.remedies import NO_SCALE
from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix
from bnnc.compiler.diagnostics.edits import rename, replace, set_value
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Mapping, Node, Path, Scalar, Sequence, find, find_entry
from bnnc.specs.outputs import OUTPUTS
from bnnc.specs.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.specs.outputs.over_classes import OverClasses
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
    """A layer type, method, loss or other name is unknown.

    ## What it does
    Reports words that are not in the list of allowed names at their place.

    ## Why it is bad
    bnnc cannot build a model from an unknown name. Names are those of Keras and TensorFlow
    Probability, in lower case with underscores.

    ## Example
    ```yaml
    layers:
      - {type: Conv2D, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorial, parameterization: logits, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    # Imported here: a spec without unknown names needs no tables of what they may mean.
    from bnnc.compiler.language.suggestions import (
        bayesian_layer,
        exact_word,
        is_log_softmax,
        meant_word,
    )

    log_probs = field == "parameterization" and is_log_softmax(value)
    instead = _of_absent(span, value, choices, path, tree, of_layer=of_layer)
    meant = None if log_probs or instead else meant_word(value, choices)
    if of_layer and value and exact_word(value, choices) is None:
        meant = None if bayesian_layer(value, choices, _methods()) else meant
    notes: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    if instead is not None:
        help, notes, fixes = instead
    elif meant is not None:
        help = f"did you mean `{meant}`?"
        fixes = (Fix(f"write `{meant}`", (replace(span, meant),), safe=False),)
        if field == "source" and value:
            help += f" For a folder with this name, write `./{value}`"
    elif log_probs:
        help, notes, fixes = _of_log_probs(span, tree)
    elif field == "layers" and value:
        names = f"as in `layers: [{value}]`" if re.fullmatch(LAYER_NAME, value) else "in brackets"
        help = f"use `all`, `last`, or a list of layer names, {names}"
    elif of_layer and value:
        help, notes, fixes = of_layer_type(span, value, choices, tree, path)
    elif others:
        help = f"write {_listed(choices)}, or {others}"
    elif len(choices) == 1:
        help = f"write `{choices[0]}`, the only name allowed here"
    else:
        help = "use one of: " + _listed(choices)
        # A list of forty words is too long to read.
        near = get_close_matches(value or "", choices) if len(choices) > 20 else []
        if near:
            help = f"the most similar names are {_listed(near)}; {help}"
    return report(
        span,
        f"unknown `{field}`: {quoted('null' if value is None else value)}",
        label="not a valid name here",
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
    return (
        "for softmax outputs write `probs`; for linear or log-softmax outputs write `logits`",
        (),
        (fix,),
    )


def _says(layer: Node, key: str) -> object:
    """The value of a key of a layer; None if it has none."""
    entry = layer.entry(key) if isinstance(layer, Mapping) else None
    return entry.value.value if entry and isinstance(entry.value, Scalar) else None


def _of_absent(
    span: Span, value: str | None, choices: list[str], path: Path, tree: Mapping, *, of_layer: bool
) -> Instead | None:
    """Help, notes and fixes for what the field has and this version of the language has not."""
    from bnnc.compiler.language.absent import kind_at, nearest
    from bnnc.compiler.language.absent_words import ENSEMBLES
    from bnnc.compiler.language.suggestions import (
        bayesian_layer,
        exact_word,
        layer_said_elsewhere,
        plain,
    )

    kind = kind_at(path, of_layer=of_layer)
    if path == ("output", "parameterization"):
        return _of_classes_with_a_scale(span, value, choices, tree)
    if not value or kind is None or exact_word(value, choices) is not None:
        return None
    if of_layer and (bayesian_layer(value, choices, _methods()) or layer_said_elsewhere(value)):
        return None
    if kind == "method" and plain(value) in ENSEMBLES:
        return _of_ensemble(path, tree)
    help = nearest(value, kind, path)
    return None if help is None else (help, (), ())


def _of_classes_with_a_scale(
    span: Span, value: str | None, choices: list[str], tree: Mapping
) -> Instead | None:
    """Help, notes and fixes for logits that each have a scale."""
    from bnnc.compiler.language.suggestions import meant_word

    node = find(tree, ("output", "distribution"))
    over = OUTPUTS.get(str(node.value)) if isinstance(node, Scalar) else None
    if over is None or not issubclass(over, OverClasses | IndependentBernoulli):
        return None
    if meant_word(value, choices) != "loc_and_unconstrained_scale":
        return None
    fix = Fix("write `logits`", (replace(span, "logits"),), safe=False)
    return f"write `parameterization: logits`: {NO_SCALE}", (), (fix,)


def _of_ensemble(path: Path, tree: Mapping) -> Instead:
    """Make help, notes and fixes for an ensemble, which is not a method of layers."""
    from bnnc.compiler.language.examples import entry

    node, around = find(tree, path[:-1]), find_entry(tree, path[:-1])
    members = _says(node, "members") if node is not None else None
    written = entry("ensemble", {"members": members if isinstance(members, int) else 5})
    note = (
        "an ensemble trains several networks; it is not a method of layers, but they may have one"
    )
    if tree.entry("ensemble") is not None:
        return "delete `method`: `ensemble` already defines this", (note,), ()
    help = f"write `{written}` at the top, instead of `bayesian`"
    keys = {one.key for one in node.entries} if isinstance(node, Mapping) else set()
    fixes: tuple[Fix, ...] = ()
    is_all = keys <= {"method", "members"} and path == ("bayesian", "method")
    if is_all and around is not None and around.key_span.text == "bayesian":
        edit = with_changes(rename(tree, around.span, "ensemble"), replacement=written)
        fixes = (Fix(f"write `{written}`", (edit,), safe=False),)
    return help, (note,), fixes


def of_layer_type(
    span: Span, value: str, types: list[str], tree: Mapping, path: Path = ("layers",)
) -> Instead:
    """Help, notes and fixes for a layer of another library."""
    from bnnc.compiler.language.absent import nearest
    from bnnc.compiler.language.schema_queries import choices, listing, schema_of_field
    from bnnc.compiler.language.suggestions import (
        bayesian_layer,
        exact_word,
        layer_said_elsewhere,
        near_words,
    )

    absent = nearest(value, "layer", path)
    if absent is not None:
        return absent, (), ()
    all_types = (f"layer types are {_listed(types)}",)
    bayesian = bayesian_layer(value, types, _methods())
    if bayesian is not None:
        layer, method = bayesian
        edits = [replace(span, layer)]
        section, own = find(tree, ("bayesian",)), find(tree, (*path[:-1], "bayesian"))
        text = f"write `type: {layer}`, and `bayesian: {{method: {method}}}` once in the spec"
        if section is None:
            edits.append(set_value(tree, ("bayesian", "method"), method))
        elif own is None and _says(section, "method") not in {method, None}:
            edits.append(set_value(tree, (*path[:-1], "bayesian", "method"), method))
            text = f"write `type: {layer}` and `bayesian: {{method: {method}}}` in the layer"
        note = "layers keep their plain names; `bayesian` selects the method of their posterior"
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
        words = listing([f"`{one}`" for one in near])
        what = "type" if len(near) == 1 else "types"
        return f"write {words} instead, the most similar {what}", all_types, ()
    return "use one of: " + _listed(types), (), ()


def _methods() -> list[str]:
    from bnnc.compiler.language.schema_queries import choices, schema_of_field

    return choices(schema_of_field("bayesian.method") or {})


def _listed(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
