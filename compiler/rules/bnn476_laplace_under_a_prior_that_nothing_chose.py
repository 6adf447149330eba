"""BNN476."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View


@rule("BNN476", needs=("layers", "bayesian"), severity="warning")
def laplace_under_a_prior_that_nothing_chose(view: View, report: Report) -> list[Diagnostic]:
    """The Laplace approximation has the prior of the language's default.

    ## What it does
    Finds `laplace` without a prior.

    ## Why it is bad
    The posterior is as wide as the prior wherever the data says little, which is most of it: its
    scale is the one number that makes the prediction too sure or too vague. The default, 0.1, is
    that of the variational methods, where the weights are trained under it. Here it is chosen
    after the training: by `learned`, the scale with the most evidence, without validation data.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: laplace, layers: last}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: laplace, layers: last, prior: {scale: learned}}
    ```

    ## References
    - Daxberger et al. 2021, arXiv:2106.14806, section 3.4
    """
    for one in view.layers:
        section = view.bayesian_sections.get(one.index)
        if section is None or not section.applied.last_layer_only:
            continue
        if view.written(*view.bayesian_path(one, "prior")):
            continue
        path = view.bayesian_path(one, "method")
        prior = (*path[:-1], "prior")
        return [
            report(
                view.place(*path),
                f"`{section.method}` under the default prior",
                label=f"a scale of {section.prior.initial_scale:g}, whatever the data",
                help=("write `prior: {scale: learned}`, or a scale",),
                fixes=(
                    view.setting("write `prior: {scale: learned}`", (prior, "{scale: learned}")),
                ),
            )
        ]
    return []
