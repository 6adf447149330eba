"""BNN325."""

from bnnc.compiler.analysis.remedies import NO_SCALE, fitting_parameterization
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.language.schema_queries import listing
from bnnc.specs.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.specs.outputs.over_classes import OverClasses


@rule(
    "BNN325",
    needs=(
        "output_activation",
        "output.distribution",
        "output.parameterization",
        "output.scale",
        "output.event_size",
    ),
)
def parameters_of_another_distribution(view: View, report: Report) -> list[Diagnostic]:
    """The distribution has no such parameters.

    ## What it does
    Finds a `parameterization` that belongs to another distribution, such as `logits` under
    `normal`.

    ## Why it is bad
    The numbers of the last layer would be handed over under a name that the distribution does not
    know. Logits and probabilities belong to classes and to yes or no, a location to real numbers
    and to ordered classes, a rate to counts.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: logits, scale: learned, labels: real}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    ```
    """
    output = view.output
    if output.numbers is not None:
        return []
    words, changes = fitting_parameterization(view)
    notes: tuple[str, ...] = (_BELONGS[output.parameterization],)
    if (
        isinstance(output, OverClasses | IndependentBernoulli)
        and "scale" in output.parameterization
    ):
        notes = (*notes, NO_SCALE)
    taken = listing([f"`{one}`" for one in output.activations])
    return [
        report(
            view.place("output", "parameterization"),
            f"{output.distribution} has no `{output.parameterization}`",
            label="not what it takes",
            related=(Label(view.place("output", "distribution"), f"takes {taken}"),),
            notes=notes,
            help=(f"write {words}",),
            fixes=(view.setting(f"write {words}", *changes),),
        )
    ]


_BELONGS = {
    "logits": "logits are the log-odds of classes, or of a yes",
    "probs": "probabilities are those of classes, or of a yes",
    "loc": "a location is that of real numbers, or of an image on the scale of ordered classes",
    "loc_and_unconstrained_scale": "a location and a scale are those of real numbers",
    "log_rate": "a rate is the mean of a count",
    "rate": "a rate is the mean of a count",
}
