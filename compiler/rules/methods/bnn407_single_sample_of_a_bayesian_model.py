"""BNN407."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN407", needs=("bayesian.method", "prediction.samples", "ensemble"), severity="warning")
def single_sample_of_a_bayesian_model(view: View, report: Report) -> list[Diagnostic]:
    """A Bayesian model has only one prediction sample.

    ## What it does
    Reports `prediction.samples: 1` under a Bayesian method. With an ensemble it reports nothing:
    each member gives one draw.

    ## Why it is bad
    One draw of the weights cannot disagree with itself: the mutual information is 0 for every
    image, and the prediction is that of one random network. The posterior has then no use.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    prediction: {samples: 1}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    prediction: {samples: 32}
    ```
    """
    path = view.path_of_noise
    draws = view.prediction.samples * (view.ensemble.members if view.ensemble else 1)
    if path is None or draws > 1:
        return []
    return [
        report(
            view.span_of("prediction", "samples"),
            "a single sample of a Bayesian model has no epistemic uncertainty",
            label="one draw of the weights",
            related=(Label(view.span_of(*path), "the weights are random"),),
            notes=("with one draw the mutual information is 0 for every image",),
            help=("write `samples: 32`, or more for less noise in the results",),
            fixes=(view.fix_set("write `samples: 32`", (("prediction", "samples"), "32")),),
        )
    ]
