"""Help of the rules in the words of a script: Keras and TFP code instead of YAML."""

from __future__ import annotations

from dataclasses import replace

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.scripts.findings.bnn703_part_that_is_not_followed import (
    part_that_is_not_followed,
)

_NLL = "write `loss=lambda y, d: -d.log_prob(y)`, the negative log-likelihood"
_SPARSE = 'write `loss="sparse_categorical_crossentropy"`, which takes class numbers'
_ONE_HOT = "or encode the labels: `keras.utils.to_categorical(labels)`"
_PER_ROW = (
    "write `kernel_divergence_fn=lambda q, p, _: tfd.kl_divergence(q, p) / rows` in each layer of "
    "tfp.layers, with the number of rows that are trained on"
)
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
    "BNN416": ((_PER_ROW,), (_PER_ROW,)),
    "BNN417": ((_PER_ROW,), (_PER_ROW,)),
}


def not_followed(one: Diagnostic) -> Diagnostic:
    """A finding of the binder as a part of the script that is not followed."""
    return part_that_is_not_followed(one.span, f"in a spec, {one.message}")


def in_python(one: Diagnostic, *, has_distribution: bool) -> Diagnostic:
    """A finding about a script: its help in code, and no fixes, which are edits of a spec."""
    if one.code in _HELP:
        with_distribution, plain = _HELP[one.code]
        return replace(one, help=with_distribution if has_distribution else plain, fixes=())
    if one.code.startswith("BNN7"):
        return one
    return replace(one, help=tuple(f"in a spec: {text}" for text in one.help), fixes=())
