"""BNN416."""

from bnnc.compiler.analysis.kl_factor import NEEDS, counted_once, counting_once
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN416", needs=NEEDS, severity="error")
def kl_counted_whole_in_every_batch(view: View, report: Report) -> list[Diagnostic]:
    """The whole KL is added to the mean loss of every batch.

    ## What it does
    Reports a numeric `loss.kl.weight` that is 1 or more after multiplication by the temperature.

    ## Why it is bad
    The loss is a mean over the rows, and the KL is a sum over all weights. The evidence lower bound
    multiplies the KL by 1/N, where N is the number of training rows. A weight of 1 counts the KL N
    times too much: the posterior becomes the prior, whatever the data are, and the model stays at
    chance.

    On the embedded digits, five trainings each, a small convolutional network reaches an accuracy
    of 0.98 with 1/N and 0.10 with 1, and one hidden layer reaches 0.97 and 0.11. Both stay at
    chance from 30/N on. On 200 rows of the digits, the accuracy is 0.83 and 0.10. LeNet-5 on
    Fashion-MNIST, 2 epochs, one training each: 0.89 and 0.16, the latter with the NLL of guessing,
    2.30.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {weight: 1.0}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {weight: per_example}}
    ```

    ## References
    - Blundell et al. 2015, arXiv:1505.05424, section 3.4
    """
    weight, temperature = view.loss.kl.weight, view.loss.kl.temperature
    path_of_kl = view.path_of_kl
    if path_of_kl is None or isinstance(weight, str):
        return []
    if weight * temperature < 1:
        return []
    related = [Label(view.span_of(*path_of_kl), "learns a posterior")]
    said = f"a KL weight of {weight:g}"
    if temperature != 1:
        said += f", times a temperature of {temperature:g},"
        related.append(Label(view.span_of("loss", "kl", "temperature"), "multiplies the weight"))
    return [
        report(
            view.span_of("loss", "kl", "weight"),
            f"{said} adds the whole KL to the mean loss of every batch",
            label="the evidence lower bound needs 1/N here",
            related=tuple(related),
            notes=("the posterior becomes the prior, and the model stays at chance",),
            help=(f"write {counted_once(view)}",),
            fixes=(counting_once(view),),
        )
    ]
