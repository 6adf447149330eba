"""BNN406."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers import LayerSection


@rule("BNN406", needs=("bayesian.method", "prediction.samples", "ensemble"), severity="warning")
def samples_of_a_deterministic_model(view: View, report: Report) -> list[Diagnostic]:
    """A model without randomness has more than one prediction sample.

    ## What it does
    Reports `prediction.samples` above 1 under `method: none`. In an ensemble these are samples of
    each member, so they multiply the number of members.

    ## Why it is bad
    All samples would be the same, and the mutual information 0. Either the samples are left over
    from another model, or the Bayesian method is missing. In an ensemble, each deterministic member
    is one sample: the members are what differs.

    ## Example
    ```yaml
    bayesian: {method: none}
    prediction: {samples: 32}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: none}
    prediction: {samples: 1}
    ```
    """
    samples = view.prediction.samples
    if not view.is_deterministic or samples == 1 or not view.is_explicit("prediction", "samples"):
        return []
    one_sample = view.fix_set("write `samples: 1`", (("prediction", "samples"), "1"), safe=True)
    help: tuple[str, ...] = ("write `samples: 1`, or a `bayesian` method such as `flipout`",)
    fixes = (one_sample,)
    members = view.ensemble.members if view.ensemble else 1
    if members > 1:
        help = (f"write `samples: 1`: each of the {members} members is already one sample",)
    elif any(one.section is not None and _drops(one.section) for one in view.layers):
        help = (
            "write `method: mc_dropout` in `bayesian` to keep dropout active at prediction",
            "or write `samples: 1`, or another method, such as `flipout`",
        )
        # Either may be missing, so this fix may change the model.
        fixes = (view.fix_set("write `mc_dropout`", (("bayesian", "method"), "mc_dropout")),)
    return [
        report(
            view.span_of("prediction", "samples"),
            f"all {samples} samples of a deterministic {'member' if members > 1 else 'model'} are "
            "the same",
            label="more than one sample",
            related=(Label(view.span_of("bayesian", "method"), "has no randomness"),)
            if view.is_explicit("bayesian", "method")
            else (),
            help=help,
            fixes=fixes,
        )
    ]


def _drops(layer: LayerSection) -> bool:
    return layer.carries("mc_dropout") and getattr(layer, "rate", 0) > 0
