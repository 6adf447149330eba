"""BNN453."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule(
    "BNN453",
    needs=("bayesian.method", "bayesian.members", "prediction.samples"),
    severity="warning",
)
def samples_that_do_not_fit_the_members(view: View, report: Report) -> list[Diagnostic]:
    """The number of prediction samples does not fit the number of members.

    ## What it does
    Reports a written `prediction.samples` that differs from the number of members under
    `batch_ensemble`, or that is not a multiple of it under `rank_1`.

    ## Why it is bad
    Sample s of a prediction comes from member s mod members. With fewer samples than members, some
    members are left out. With a number that is not a multiple, some members count more than others.
    The members of a batch ensemble are not random: one sample of each is enough, and more have no
    effect.

    ## Example
    ```yaml
    bayesian: {method: batch_ensemble, members: 8}
    prediction: {samples: 5}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: batch_ensemble, members: 8}
    prediction: {samples: 8}
    ```

    ## References
    - Wen, Tran and Ba 2020, arXiv:2002.06715
    - Dusenberry et al. 2020, arXiv:2005.07186
    """
    path = view.path_of_method(lambda one: one.has_members)
    members, samples = view.bayesian.members, view.prediction.samples
    if path is None or not view.is_explicit("prediction", "samples"):
        return []
    # A draw of other layers is new in every sample, whatever the members are.
    fixed = not any(one.has_noise for one, _ in view.methods)
    if samples == members or (not fixed and samples % members == 0):
        return []
    wanted = members if fixed else max(samples + -samples % members, members)
    if samples < members:
        message = f"{samples} samples leave {members - samples} of {members} members out"
    elif fixed:
        message = f"{samples} samples of {members} members, which are not random"
    else:
        message = f"{samples} samples count some of {members} members more than others"
    setting = (("prediction", "samples"), str(wanted))
    return [
        report(
            view.span_of("prediction", "samples"),
            message,
            label="sample s is member s mod members",
            related=(
                Label(
                    view.span_of("bayesian", "members")
                    if view.is_explicit("bayesian", "members")
                    else view.span_of(*path),
                    f"{members} members",
                ),
            ),
            help=(f"write `samples: {wanted}`",),
            fixes=(view.fix_set(f"write `samples: {wanted}`", setting),),
        )
    ]
