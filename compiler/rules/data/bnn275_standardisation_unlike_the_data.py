"""BNN275."""

from collections.abc import Sequence

from bnnc.compiler.analysis.data_survey import numbers_text
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label

# A mean that is further off than the standard deviation, and one and the other of other data; the
# usual conventions, 0.5 and 0.5 or the statistics of ImageNet, are nearer for most photographs.
LARGEST_OFFSET = 1.0
LARGEST_RATIO = 2.0
NAMES = {"mean": "mean", "std": "standard deviation"}


@rule("BNN275", needs=("survey", "input"), severity="warning")
def standardisation_unlike_the_data(view: View, report: Report) -> list[Diagnostic]:
    """`input.mean` and `input.std` are far from those of the data.

    ## What it does
    A look at every row, by `bnnc data` or `bnnc check --data`, compares `mean` and `std` with those
    of the training rows, after `value_range` has been mapped to [0, 1]. It finds a mean that is more
    than one standard deviation off, and a standard deviation that is off by more than a factor of
    two. Conventions such as a mean and a standard deviation of 0.5 are mostly nearer.

    ## Why it is bad
    The first layer then gets numbers far from 0 or of another size than 1, for which its initial
    weights and the prior are not meant. Such numbers are mostly those of other data.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1], mean: 0.1307, std: 0.3081}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)), np.arange(500) % 5
    np.savez("own.npz", x_train=images, y_train=labels)
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 1], mean: 0.5, std: 0.29}
    layers:
      - {type: flatten}
      - {type: dense, units: 5}
    output: {distribution: categorical, parameterization: logits, classes: 5, labels: integer}
    training: {optimizer: {type: adam, learning_rate: 0.01}, batch_size: 10, epochs: 10}
    data: {source: own.npz}
    ```

    ```python
    import numpy as np

    images, labels = np.random.default_rng(0).random((500, 8, 8, 1)), np.arange(500) % 5
    np.savez("own.npz", x_train=images, y_train=labels)
    ```
    """
    section, survey = view.input, view.survey
    low, high = section.value_range
    if low >= high or (section.mean is None and section.std is None):
        return []
    mean, std = survey.standardisation((low, high))
    said_mean, said_std = _each(section.mean, 0.0, mean), _each(section.std, 1.0, std)
    if len(said_mean) != len(mean) or len(said_std) != len(std) or not all(std):
        return []  # BNN210 reports the lengths, BNN291 images without content
    off = [(own - said) / by for own, said, by in zip(mean, said_mean, said_std, strict=True)]
    wide = [own / said for own, said in zip(std, said_std, strict=True)]
    is_off = section.mean is not None and max(map(abs, off)) > LARGEST_OFFSET
    is_wide = section.std is not None and (
        max(wide) > LARGEST_RATIO or min(wide) < 1 / LARGEST_RATIO
    )
    if not is_off and not is_wide:
        return []
    key, other = ("mean", "std") if is_off else ("std", "mean")
    written = {"mean": numbers_text(mean), "std": numbers_text(std)}
    said = [one for one in (key, other) if getattr(section, one) is not None]
    changes = [(("input", one), written[one]) for one in said]
    words = " and ".join(f"`{one}: {written[one]}`" for one in said)
    return [
        report(
            view.span_of("input", key),
            f"the training rows have a {NAMES[key]} of {written[key]}",
            label=f"far from the {NAMES[key]} of the data",
            related=(Label(view.span_of("data", "source"), "the data"),),
            notes=(
                f"the model gets numbers with a mean of {numbers_text(off)} and a standard deviation "
                f"of {numbers_text(wide)}, instead of 0 and 1",
            ),
            help=(f"write {words}, as `bnnc data --write` does",),
            fixes=(view.fix_set(f"write {words}", *changes),),
        )
    ]


def _each(
    said: float | list[float] | None, default: float, channels: Sequence[float]
) -> list[float]:
    """A number for each channel."""
    if isinstance(said, list):
        return said
    return [default if said is None else said] * len(channels)
