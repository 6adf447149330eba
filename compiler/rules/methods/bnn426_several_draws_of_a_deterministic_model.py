"""BNN426."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN426", needs=("bayesian.method", "training.samples", "layers"), severity="warning")
def several_draws_of_a_deterministic_model(view: View, report: Report) -> list[Diagnostic]:
    """Several weight draws a step of a model that has no randomness.

    ## What it does
    Finds `training.samples` above 1 under `method: none`, and under methods that have no noise in
    training, such as `laplace`, unless there is dropout, whose masks differ from draw to draw.

    ## Why it is bad
    All draws are the same, and so are their gradients: every step costs as many times more as there
    are draws, for nothing. Either the draws are a leftover, or the Bayesian method was forgotten.

    ## Example
    ```yaml
    bayesian: {method: none}
    training: {samples: 4}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    training: {samples: 4}
    ```
    """
    samples = view.training.samples
    dropout = any(getattr(one.layer, "rate", 0) for one in view.layers)
    noisy = view.path_of_method(lambda one: one.has_noise and one.noise_in_training)
    if noisy is not None or samples == 1 or dropout:
        return []
    what = "a deterministic model" if view.path_of_noise is None else "a training without noise"
    return [
        report(
            view.place("training", "samples"),
            f"{samples} draws of {what} are all the same",
            label=f"{samples} times the work",
            related=(Label(view.place("bayesian", "method"), "no randomness"),)
            if view.written("bayesian", "method")
            else (),
            help=("write `samples: 1`, or a `bayesian` method such as `flipout`",),
            fixes=(view.setting("write `samples: 1`", (("training", "samples"), "1"), safe=True),),
        )
    ]
