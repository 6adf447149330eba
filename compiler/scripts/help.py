"""Help of the rules in the words of a script: Keras and TFP code instead of YAML."""

from __future__ import annotations

import re
from dataclasses import replace

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.scripts.datasets import trained_rows
from bnnc.compiler.scripts.findings.bnn703_part_that_is_not_followed import (
    part_that_is_not_followed,
)
from bnnc.compiler.scripts.kl import place_of_bias
from bnnc.compiler.scripts.layers import has_bias_posterior
from bnnc.compiler.scripts.output_section import labels_of
from bnnc.compiler.scripts.read import ReadScript
from bnnc.compiler.scripts.spec_words import in_code

_NLL = "write `loss=lambda y, d: -d.log_prob(y)`, the negative log-likelihood"
_SPARSE = 'write `loss="sparse_categorical_crossentropy"`, which takes class numbers'
_ONE_HOT = "or encode the labels: `keras.utils.to_categorical(labels)`"
_UNITS = "otherwise write as many units as there are classes"
_SCALE = (
    "write the standard deviation of the labels, as in `scale=0.5`, or make it an output: "
    "`tfp.layers.IndependentNormal`, with twice as many units"
)
_NORMALIZED = "delete it, or write a layer of Keras instead of that of tfp.layers before it"
_DECAY = "write `decay_steps` in steps, at most those of the whole training"
_POSITIVE = "divide the images by a positive number, such as 255"
# By the class of the layer.
_PER_ROW = {
    "": (
        "write `{part}_divergence_fn=lambda q, p, _: tfd.kl_divergence(q, p) / {rows}` in each "
        "layer of tfp.layers: the number of rows that are trained on"
    ),
    "DenseVariational": (
        "write `kl_weight=1 / {rows}` in each `DenseVariational` layer: the number of rows that "
        "are trained on"
    ),
}
_TEMPERATURE = re.compile(r"temperature: ([^}]*)}")
_KL_OF_LOSSES = "multiply the KL by {}"
_IN_STEP = ("and add `sum(model.losses)` to the loss of the step as it is",)
_OF_KL = frozenset({"BNN416", "BNN417", "BNN419"})
# Rules that need every layer of the model.
_OF_ALL_LAYERS = ("BNN2", "BNN319", "BNN501", "BNN502", "BNN506", "BNN507", "BNN508", "BNN51")
_OF_LOSSES = frozenset({"BNN337", "BNN340"})
# By the code of a rule: for a model that ends with a distribution of tfp, and for one of Keras's
# losses.
_HELP: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "BNN301": (
        ("delete the softmax, or write `probs=t` instead of `logits=t` in the distribution",),
        ("delete the softmax, or `from_logits=True` in the loss",),
    ),
    "BNN302": (
        ("delete the sigmoid, or write `probs=t` instead of `logits=t` in the distribution",),
        ("delete the sigmoid, or `from_logits=True` in the loss",),
    ),
    "BNN304": (
        ("write `logits=t` instead of `probs=t` in the distribution",),
        ('write `from_logits=True` in the loss, or `activation="softmax"` in the last layer',),
    ),
    "BNN308": ((_NLL,), (_NLL,)),
    "BNN309": ((_NLL,), (_NLL,)),
    "BNN310": (
        ("write `tfd.Categorical`, which takes class numbers", _ONE_HOT),
        (_SPARSE, _ONE_HOT),
    ),
    "BNN311": (
        ("write `tfd.OneHotCategorical`, or give class numbers as labels",),
        ("give class numbers as labels",),
    ),
    "BNN312": ((_NLL,), (_SPARSE, _ONE_HOT)),
    "BNN313": ((_NLL,), ('write `loss="categorical_crossentropy"`, which takes one-hot labels',)),
    "BNN306": (
        ("delete the activation, and write `tfd.Bernoulli(logits=t)`",),
        ('write `activation="sigmoid"` and `loss="binary_crossentropy"`',),
    ),
    "BNN318": (
        ("for a yes-or-no label, write `tfd.Bernoulli(logits=t)` and one unit", _UNITS),
        (
            'for a yes-or-no label, write `activation="sigmoid"` and `loss="binary_crossentropy"`',
            _UNITS,
        ),
    ),
    "BNN329": (
        ('write `activation="softplus"`, or `log_rate=t` in the distribution',),
        ('write `activation="softplus"` or `activation="exponential"`',),
    ),
    "BNN410": ((_NORMALIZED,), (_NORMALIZED,)),
    "BNN619": ((_DECAY,), (_DECAY,)),
    "BNN341": ((_SCALE,), (_SCALE,)),
    "BNN211": ((_POSITIVE,), (_POSITIVE,)),
}


def not_followed(one: Diagnostic) -> Diagnostic:
    """A finding of the binder as a part of the script that is not followed."""
    return part_that_is_not_followed(one.span, f"in a spec, {one.message}")


def in_python(one: Diagnostic, read: ReadScript) -> Diagnostic:
    """A finding about a script: its help in code, and no fixes, which are edits of a spec."""
    if one.code.startswith("BNN7"):
        return one
    made = None if read.loss is None else read.loss.distribution
    has_distribution = read.distribution is not None or made is not None
    written = None if read.loss is None else read.loss.written
    if written is not None and one.code in _OF_LOSSES:
        message = one.message.replace("mean_squared_error", written)
        one = replace(one, message=message, notes=("it is a loss of real numbers",))
    return replace(one, help=_help(one, read, has_distribution=has_distribution), fixes=())


def _help(one: Diagnostic, read: ReadScript, *, has_distribution: bool) -> tuple[str, ...]:
    if one.code in _HELP:
        with_distribution, plain = _HELP[one.code]
        return with_distribution if has_distribution else plain
    if one.code in _OF_KL:
        of_tfp = [layer for layer in read.layers if layer.call.function.startswith("tfp.layers.")]
        names = {layer.call.function.rpartition(".")[2] for layer in of_tfp}
        rows = str(trained_rows(read.feed) or "rows")
        of_bias = [place_of_bias(layer.call) for layer in of_tfp if has_bias_posterior(layer.call)]
        part = "bias" if one.span in of_bias else "kernel"
        in_layers = tuple(
            text.format(rows=rows, part=part)
            for name, text in _PER_ROW.items()
            if any((one == "DenseVariational") == (name == "DenseVariational") for one in names)
        )
        return (*in_layers, *(_IN_STEP if "losses" in read.evaluation.attributes else ()))
    if one.code == "BNN346":
        of_kl = tuple(
            _KL_OF_LOSSES.format(found[1]) for found in map(_TEMPERATURE.search, one.help) if found
        )
        return (*of_kl, "or end the model with a distribution, and " + _NLL)
    if one.code == "BNN314":
        is_one_hot = (labels_of(read.feed) or ("",))[0] == "one_hot"
        wanted = "categorical" if is_one_hot else "sparse_categorical"
        return (_NLL if has_distribution else f'write `loss="{wanted}_crossentropy"`',)
    texts = [(text, in_code(text, has_distribution=has_distribution)) for text in one.help]
    return tuple(code or f"in a spec: {text}" for text, code in texts)


def of_a_map(one: Diagnostic, read: ReadScript) -> Diagnostic:
    """BNN205 only where the labels are known to be one for each image: others may be maps, too."""
    labels = labels_of(read.feed)
    if one.code != "BNN205" or (labels is not None and labels[0] != "unknown"):
        return one
    return part_that_is_not_followed(one.span, "a spec has no model whose output is a map")


def can_tell(one: Diagnostic, read: ReadScript) -> bool:
    """Whether a finding of a rule holds for a script whose layers may not all be known.

    Shapes after a layer that is not followed are not known, nor what is between two others.
    """
    if one.code == "BNN205" and read.feed is not None and read.feed.labels is read.feed.images:
        return False  # an autoencoder, which is reported where it is trained
    return read.is_whole or not one.code.startswith(_OF_ALL_LAYERS)
