"""Suggest replacements for an output section, derived from `OUTPUTS`.

Each function returns the words of a help text, and the changes that the fix makes.
"""

from __future__ import annotations

from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.language.schema_queries import listing
from bnnc.compiler.text.tree import Path
from bnnc.specs.layers.depthwise_convolution import SeparableConvolution
from bnnc.specs.outputs.normal import Normal
from bnnc.specs.outputs.output import LIKELIHOOD
from bnnc.specs.outputs.over_classes import OverClasses

NO_SCALE = (
    "a class takes one number; this version does not support a scale for each logit "
    "(heteroscedastic classification)"
)

Changes = tuple[str, list[tuple[Path, str]]]


def fitting_labels(view: View) -> Changes:
    """Suggest labels that the distribution scores, and another loss if the written one does not."""
    output, loss = view.output, view.loss.type
    fitting = [one for one in output.losses if loss in output.accepted_losses(one)]
    labels = fitting[0] if fitting else next(iter(output.losses))
    changes: list[tuple[Path, str]] = [(("output", "labels"), labels)]
    words = f"`labels: {labels}`"
    if not fitting:
        changes.append((("loss", "type"), LIKELIHOOD))
        words += f" and `type: {LIKELIHOOD}`"
    return words, changes


def fitting_parameterization(view: View) -> Changes:
    """Suggest a parameterization of the distribution, with the activation and scale that it needs."""
    output = view.output
    activation, path = view.output_activation
    able = [one for one, accepted in output.activations.items() if activation in accepted]
    chosen = able[0] if able else next(iter(output.activations))
    scale = output.scale if isinstance(output, Normal) else None
    shape = view.shapes.output if view.has("input.shape") else None
    if isinstance(output, Normal) and scale is None and shape == (2 * output.event_size,):
        chosen = "loc_and_unconstrained_scale"
    changes: list[tuple[Path, str]] = [(("output", "parameterization"), chosen)]
    words = f"`parameterization: {chosen}`"
    if chosen == "loc" and isinstance(output, Normal) and scale is None:
        changes.append((("output", "scale"), "learned"))
        words += " and `scale: learned`"
    if not able and activation != SUM:
        changes.append((path, "linear"))
        words += " and `activation: linear`"
    return words, changes


def in_place_of_separable(layer: SeparableConvolution) -> str:
    """Help that names two layers that compute the same function and can have a posterior."""
    kind = f"conv{layer.dimensions}d"
    return (
        f"instead of `{layer.type}`, write `depthwise_{kind}` with the same kernel size and "
        "`use_bias: false`, followed by "
        f"`- {{type: {kind}, filters: {layer.filters}, kernel_size: 1}}`: the same function"
    )


def yes_or_no(view: View) -> str:
    """Help that turns an output over classes into a yes-or-no output, without `classes`."""
    words = "write `distribution: bernoulli` with `labels: binary` instead of `classes`"
    probs = view.has("output.parameterization") and view.output.parameterization == "probs"
    activation = " with `activation: sigmoid`" if probs else ""
    return f"{words}, and one unit{activation} in the last layer"


def single_class(view: View) -> bool:
    """Whether there is only one class; BNN318 then suggests a yes-or-no output."""
    return isinstance(view.output, OverClasses) and view.output.classes == 1


def unfitting_loss(view: View, report: Report, *, reads: str, reason: str) -> Diagnostic:
    """Report a loss that does not score the labels of the distribution.

    Args:
        reads: what the loss takes, in a few words, such as `expects counts`.
        reason: why the loss does not belong to the distribution.
    """
    accepted = [f"`type: {one}`" for one in view.output.accepted_losses()]
    return report(
        view.span_of("loss", "type"),
        f"the loss `{view.loss.type}` does not score the distribution `{view.output.distribution}`",
        label=reads,
        related=(Label(view.span_of("output", "distribution"), over(view)),),
        notes=(reason,),
        help=(f"write {listing(accepted)}",),
        fixes=(
            view.fix_set(
                f"write `{view.output.accepted_losses()[0]}`",
                (("loss", "type"), view.output.accepted_losses()[0]),
            ),
        ),
    )


def over(view: View) -> str:
    """Describe the values that the distribution is over, in a few words."""
    return _OVER[view.output.distribution]


_OVER = {
    "categorical": "is over class indices",
    "one_hot_categorical": "is over one-hot rows",
    "relaxed_one_hot_categorical": "is over rows of positive numbers that sum to 1",
    "ordered_logistic": "is over the indices of ordered classes",
    "bernoulli": "is over 0 and 1",
    "independent_bernoulli": "is over rows of 0 and 1",
    "normal": "is over real numbers",
    "student_t": "is over real numbers",
    "poisson": "is over counts",
}
