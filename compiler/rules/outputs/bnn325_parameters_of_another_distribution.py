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
    """The distribution does not have this parameterization.

    ## What it does
    Finds a `parameterization` of another distribution, such as `logits` with `normal`.

    ## Why it is bad
    The distribution has no parameters with this name. Logits and probabilities are parameters of
    distributions over classes and of yes-or-no labels, a location is one of distributions over real
    numbers and over ordered classes, and a rate is one of counts.

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
            view.span_of("output", "parameterization"),
            f"the distribution `{output.distribution}` has no parameterization `{output.parameterization}`",
            label="unknown to this distribution",
            related=(Label(view.span_of("output", "distribution"), f"takes {taken}"),),
            notes=notes,
            help=(f"write {words}",),
            fixes=(view.fix_set(f"write {words}", *changes),),
        )
    ]


_BELONGS = {
    "logits": "logits are unnormalised log-probabilities of classes, or the log-odds of the label 1",
    "probs": "`probs` are the probabilities of classes, or of the label 1",
    "loc": "a location belongs to real numbers, or places an image on the scale of ordered classes",
    "loc_and_unconstrained_scale": "a location and a scale belong to real numbers",
    "log_rate": "a rate is the mean of a count",
    "rate": "a rate is the mean of a count",
}
