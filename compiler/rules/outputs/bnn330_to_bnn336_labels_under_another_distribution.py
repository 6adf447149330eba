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
                view.place("output", "labels"),
                f"{output.distribution} cannot score {output.labels} labels",
                label=encoded,
                related=(Label(view.place("output", "distribution"), over(view)),),
                notes=(reason,),
                help=(f"write {words}; for {encoded}, {elsewhere}",),
                fixes=(view.setting(f"write {words}", *changes),),
            )
        ]

    return lambda page: rule(code, needs=_NEEDS)(wraps(page)(check))


@_unscored(
    "BNN330",
    "real",
    encoded="real numbers",
    reason="a real number is no class, no yes or no, and no count",
    elsewhere="`distribution: normal`",
)
def real_labels_under_another_distribution() -> None:
    """`labels: real` under a distribution that is not over real numbers.

    ## What it does
    Finds real labels under distributions over classes, over yes or no, and over counts.

    ## Why it is bad
    A measured number is no class index, no 0 or 1, and no count: cut down to one, 0.7 and 0.2
    would be the same label, and -1 none at all. Without cutting, TFP gives the log-probability of
    a Bernoulli for any number, and it means nothing.

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
    reason="a count is a whole number that is never negative and has no upper bound",
    elsewhere="`distribution: poisson`, or read them as real numbers",
)
def count_labels_under_another_distribution() -> None:
    """`labels: count` under a distribution that is not over counts.

    ## What it does
    Finds counts under distributions over classes, over yes or no, and over real numbers.

    ## Why it is bad
    A count has no largest value, so it cannot be the index of one of so many classes, and it is
    whole and never negative, which a normal distribution does not know: it gives probability to
    -0.4 of a thing.

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
    """`labels: multi_hot` under a distribution over one label an image.

    ## What it does
    Finds rows with several labels at once under any distribution but `independent_bernoulli`.

    ## Why it is bad
    A row with two ones is no single class. Keras's categorical cross-entropy takes it, and pulls
    the softmax towards 0.5 each; an argmax takes the first one and drops the other. Neither says
    anything.

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
    reason="shares of classes are no outcome of it",
    elsewhere="`distribution: relaxed_one_hot_categorical` and its temperature",
)
def soft_labels_under_another_distribution() -> None:
    """`labels: soft` under a distribution over hard labels.

    ## What it does
    Finds rows of shares under any distribution but `relaxed_one_hot_categorical`.

    ## Why it is bad
    A categorical distribution has probabilities of classes, and none of a row such as [0.7, 0.2,
    0.1]. TFP's one-hot distribution takes such a row without a word and returns a mean of
    logarithms, which is the log-probability of nothing.

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
    reason="the index of a class is a code, neither a number that was measured nor a row",
    elsewhere="`distribution: categorical`, or `ordered_logistic` where they have an order",
    other_rules=frozenset({"one_hot_categorical", "bernoulli"}),  # BNN310, BNN316
)
def class_indices_under_another_distribution() -> None:
    """`labels: integer` under a distribution that is not over class indices.

    ## What it does
    Finds class indices under `relaxed_one_hot_categorical`, `independent_bernoulli`, `normal`,
    `student_t` and `poisson`.

    ## Why it is bad
    The index of a class is a code. As a real number or a count it would make class 9 three times
    class 3, and a network that cannot decide between 0 and 2 would say 1. Against a row it is
    broadcast to a finite, wrong number.

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
    reason="a one-hot row says one of several classes that exclude each other, without an order",
    elsewhere="`distribution: one_hot_categorical`",
    other_rules=frozenset({"bernoulli"}),  # BNN316
)
def one_hot_labels_under_another_distribution() -> None:
    """`labels: one_hot` under a distribution that is not over one-hot rows.

    ## What it does
    Finds one-hot rows under `relaxed_one_hot_categorical`, `independent_bernoulli`,
    `ordered_logistic`, `normal`, `student_t` and `poisson`.

    ## Why it is bad
    A one-hot row lies on the border of the simplex, where the relaxed distribution has no density:
    its loss is infinite. To independent labels it says that the classes exclude each other, which
    they do not use. Real numbers, counts and ordered classes have one label an image, not one a
    class.

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
    reason="a yes or no is neither a row, nor a measured number, nor a count",
    elsewhere="`distribution: bernoulli`",
    other_rules=frozenset({"categorical", "one_hot_categorical"}),  # BNN317
)
def binary_labels_under_another_distribution() -> None:
    """`labels: binary` under a distribution over something else than yes or no.

    ## What it does
    Finds a single 0 or 1 an image under `relaxed_one_hot_categorical`, `independent_bernoulli`,
    `ordered_logistic`, `normal`, `student_t` and `poisson`.

    ## Why it is bad
    A yes or no is neither a row, nor a number that was measured, nor a count, nor a place in an
    order of several classes. Scored as a real number it has normal noise around it, of which most
    lies outside of 0 and 1.

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
