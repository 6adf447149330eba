"""BNN262."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted, quoted

# Above this share, a constant prediction is less than 0.1 below a perfect model in accuracy.
LARGEST_SHARE = 0.9


@rule("BNN262", needs=("output.labels", "loss.class_weight", "data.balance"), severity="warning")
def one_class_has_nearly_all_rows(view: View, report: Report) -> list[Diagnostic]:
    """One class has at least 90 % of the rows.

    ## What it does
    Counts the labels of the data where this is fast: the class folders of images, and the labels of
    an .npz archive or of IDX files below 4 MiB. Before training, it counts all labels. With a
    `loss.class_weight` or `data.balance`, the spec already takes the imbalance into account, so there is no finding.

    ## Why it is bad
    A model that always predicts the most frequent class has an accuracy equal to the share of this
    class, and a small calibration error. It looks good but has learned nothing. With one positive
    in a hundred rows, it has an accuracy of 0.99 and a calibration error of 0.006, and finds no
    positive row.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: rare.npz}
    ```

    ```python
    import numpy as np

    images = np.random.default_rng(0).random((500, 8, 8, 1))
    np.savez("rare.npz", x_train=images, y_train=np.arange(500) % 100 == 0)
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    loss: {class_weight: balanced}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: rare.npz}
    ```

    ```python
    import numpy as np

    images = np.random.default_rng(0).random((500, 8, 8, 1))
    np.savez("rare.npz", x_train=images, y_train=np.arange(500) % 100 == 0)
    ```

    ## References
    - Brodersen et al. 2010, doi:10.1109/ICPR.2010.764
    - Saito and Rehmsmeier 2015, doi:10.1371/journal.pone.0118432
    """
    facts = view.facts
    is_balanced = view.data is not None and view.data.balance is not None
    if facts is None or facts.label_counts is None or view.loss.class_weight is not None:
        return []
    if is_balanced or view.output.labels not in {"integer", "one_hot", "binary"}:
        return []
    counts, rows = facts.label_counts, sum(facts.label_counts)
    commonest = max(counts)
    if rows == 0 or commonest < LARGEST_SHARE * rows:
        return []
    number = counts.index(commonest)
    names = facts.class_names
    called = quoted(names[number]) if names else f"{number}"
    return [
        report(
            view.span_of("data", "source"),
            f"class {called} has {commonest / rows:.1%} of the rows of {quoted(facts.name)}",
            label=f"{commonest:,} of {counted(rows, 'row')}",
            related=(Label(view.span_of("output", "labels"), "the classes"),),
            notes=(
                f"a model that always predicts this class has an accuracy of {commonest / rows:.3f}, so "
                "accuracy says little here",
            ),
            help=(
                "evaluate the model by balanced accuracy, AUROC and average precision, which `bnnc "
                "evaluate` reports",
                "or write `loss: {class_weight: balanced}`, which counts the rare classes more; the "
                "probabilities are then those of equally frequent classes",
            ),
        )
    ]
