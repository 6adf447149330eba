"""BNN426."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN426", needs=("bayesian.method", "training.samples", "layers"), severity="warning")
def several_draws_of_a_deterministic_model(view: View, report: Report) -> list[Diagnostic]:
    """A training without randomness has several weight draws per step.

    ## What it does
    Reports `training.samples` above 1 under `method: none`, and under methods without noise in
    training, such as `laplace`. With dropout it reports nothing: the masks differ from draw to
    draw.

    ## Why it is bad
    All draws are the same, and so are their gradients: every step costs more, by the number of
    draws, and gains nothing. Either the draws are left over from another model, or the Bayesian
    method is missing.

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
            view.span_of("training", "samples"),
            f"all {samples} draws of {what} are the same",
            label=f"{samples} times the work",
            related=(Label(view.span_of("bayesian", "method"), "has no randomness"),)
            if view.is_explicit("bayesian", "method")
            else (),
            help=("write `samples: 1`, or a `bayesian` method such as `flipout`",),
            fixes=(view.fix_set("write `samples: 1`", (("training", "samples"), "1"), safe=True),),
        )
    ]
