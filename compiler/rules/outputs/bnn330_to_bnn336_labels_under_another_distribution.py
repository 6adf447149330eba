"""BNN330 to BNN336: labels that the distribution cannot score, one row for each kind of labels."""

from collections.abc import Callable
from functools import wraps

from bnnc.compiler.analysis.remedies import fitting_labels, over, single_class
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.output import Labels

_NEEDS = (
    "output.distribution",
    "output.parameterization",
    "output.labels",
    "output.classes",
    "output.scale",
    "loss.type",
)


def _unscored(
    code: str,
    labels: Labels,
    *,
    encoded: str,
    reason: str,
    elsewhere: str,
    other_rules: frozenset[str] = frozenset(),
) -> Callable[[Callable[[], None]], object]:
    """Register the rule on one kind of labels; the decorated function gives its name and its page.

    Args:
        code: code of the rule.
        labels: value of `output.labels` that the rule looks for.
        encoded: what the labels are, in a few words.
        reason: why the distribution cannot score them.
        elsewhere: what scores such labels, for users who meant another model.
        other_rules: distributions under which another rule reports these labels.
    """

    def check(view: View, report: Report) -> list[Diagnostic]:
        output = view.output
        if output.labels != labels or output.labels in output.losses or single_class(view):
            return []
        if output.distribution in other_rules:
            return []
        words, changes = fitting_labels(view)
        return [
            report(
                view.span_of("output", "labels"),
                f"the distribution `{output.distribution}` cannot score `{output.labels}` labels",
                label=encoded,
                related=(Label(view.span_of("output", "distribution"), over(view)),),
                notes=(reason,),
                help=(f"write {words}; for {encoded}, {elsewhere}",),
                fixes=(view.fix_set(f"write {words}", *changes),),
            )
        ]

    return lambda page: rule(code, needs=_NEEDS)(wraps(page)(check))


@_unscored(
    "BNN330",
    "real",
    encoded="real numbers",
    reason="a real number is not a class, a binary label or a count",
    elsewhere="`distribution: normal`",
)
def real_labels_under_another_distribution() -> None:
    """`labels: real` under a distribution that is not over real numbers.

    ## What it does
    Finds real labels under distributions over classes, over binary labels, and over counts.

    ## Why it is bad
    A measured number is not a class index, a binary label or a count. Truncated to an integer, 0.7
    and 0.2 would be the same label, and -1 would be invalid. Without truncation, TFP returns a
    log-probability of a Bernoulli for any number, and it means nothing.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: real}
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


@_unscored(
    "BNN331",
    "count",
    encoded="counts",
    reason="a count is a whole number, at least 0, without an upper bound",
    elsewhere="`distribution: poisson`, or read them as real numbers",
)
def count_labels_under_another_distribution() -> None:
    """`labels: count` under a distribution that is not over counts.

    ## What it does
    Finds counts under distributions over classes, over binary labels, and over real numbers.

    ## Why it is bad
    A count has no largest value, so it cannot be the index of a fixed number of classes. It is a
    whole number and never negative, but a normal distribution also gives probability to -0.4.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: count}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: poisson, parameterization: log_rate, labels: count}
    ```
    """


@_unscored(
    "BNN332",
    "multi_hot",
    encoded="rows of several labels",
    reason="an image may have several such labels, or none",
    elsewhere="`distribution: independent_bernoulli`",
)
def multi_hot_labels_under_another_distribution() -> None:
    """`labels: multi_hot` under a distribution over one label for each image.

    ## What it does
    Finds rows with several labels at once under any distribution but `independent_bernoulli`.

    ## Why it is bad
    A row with two ones is not a single class. Keras's categorical cross-entropy accepts it and
    pulls the softmax towards 0.5 for each; an argmax takes the first one and drops the other.
    Neither reports an error.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: multi_hot}
    ```

    ## Use instead
    ```yaml
    output: {distribution: independent_bernoulli, parameterization: logits, classes: 10, labels: multi_hot}
    ```
    """


@_unscored(
    "BNN333",
    "soft",
    encoded="rows of shares",
    reason="shares of several classes are not an outcome of this distribution",
    elsewhere="`distribution: relaxed_one_hot_categorical` and its temperature",
)
def soft_labels_under_another_distribution() -> None:
    """`labels: soft` under a distribution over hard labels.

    ## What it does
    Finds rows of shares under any distribution but `relaxed_one_hot_categorical`.

    ## Why it is bad
    A categorical distribution gives probabilities to classes, not to a row such as [0.7, 0.2, 0.1].
    TFP's one-hot distribution accepts such a row without an error and returns a mean of logarithms,
    which is not a log-probability.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: soft}
    ```

    ## Use instead
    ```yaml
    output: {distribution: relaxed_one_hot_categorical, parameterization: logits, classes: 10, temperature: 0.5, labels: soft}
    ```
    """


@_unscored(
    "BNN334",
    "integer",
    encoded="class indices",
    reason="a class index is a code: neither a measured number nor a row",
    elsewhere="`distribution: categorical`, or `ordered_logistic` if the classes have an order",
    other_rules=frozenset({"one_hot_categorical", "bernoulli"}),  # BNN310, BNN316
)
def class_indices_under_another_distribution() -> None:
    """`labels: integer` under a distribution that is not over class indices.

    ## What it does
    Finds class indices under `relaxed_one_hot_categorical`, `independent_bernoulli`, `normal`,
    `student_t` and `poisson`.

    ## Why it is bad
    A class index is a code. As a real number or a count, class 9 would be three times class 3, and a
    network that cannot decide between 0 and 2 would predict 1. Compared with a row, the index is
    broadcast, and the result is finite but wrong.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: integer}
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


@_unscored(
    "BNN335",
    "one_hot",
    encoded="one-hot rows",
    reason="a one-hot row is one of several exclusive classes without an order",
    elsewhere="`distribution: one_hot_categorical`",
    other_rules=frozenset({"bernoulli"}),  # BNN316
)
def one_hot_labels_under_another_distribution() -> None:
    """`labels: one_hot` under a distribution that is not over one-hot rows.

    ## What it does
    Finds one-hot rows under `relaxed_one_hot_categorical`, `independent_bernoulli`,
    `ordered_logistic`, `normal`, `student_t` and `poisson`.

    ## Why it is bad
    A one-hot row lies on the boundary of the simplex, where the relaxed distribution has no density:
    the loss is infinite. Independent labels ignore that the classes exclude each other. Real
    numbers, counts and ordered classes have one label for each image, not one for each class.

    ## Example
    ```yaml
    output: {distribution: relaxed_one_hot_categorical, parameterization: logits, classes: 10, temperature: 0.5, labels: one_hot}
    ```

    ## Use instead
    ```yaml
    output: {distribution: relaxed_one_hot_categorical, parameterization: logits, classes: 10, temperature: 0.5, labels: soft}
    ```
    """


@_unscored(
    "BNN336",
    "binary",
    encoded="a single 0 or 1",
    reason="a binary label is neither a row, nor a measured number, nor a count",
    elsewhere="`distribution: bernoulli`",
    other_rules=frozenset({"categorical", "one_hot_categorical"}),  # BNN317
)
def binary_labels_under_another_distribution() -> None:
    """`labels: binary` under a distribution that is not over binary labels.

    ## What it does
    Finds a single 0 or 1 for each image under `relaxed_one_hot_categorical`, `independent_bernoulli`,
    `ordered_logistic`, `normal`, `student_t` and `poisson`.

    ## Why it is bad
    A binary label is neither a row, nor a measured number, nor a count, nor a rank among several
    classes. Scored as a real number, it gets normal noise, most of which lies outside of 0 and 1.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: binary}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    ```
    """
