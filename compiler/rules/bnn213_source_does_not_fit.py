"""BNN213."""

from bnnc.compiler.channels import advice, channels_last, writing_channels_last
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View
from bnnc.specs.output import IndependentBernoulli, OrderedLogistic, OverReals, Poisson
from bnnc.specs.sources import SOURCES


@rule(
    "BNN213",
    needs=("input.shape", "input.value_range", "output.distribution", "output.classes", "data"),
    severity="error",
)
def source_does_not_fit(view: View, report: Report) -> list[Diagnostic]:
    """The spec does not describe the data source that it names.

    ## What it does
    Compares `input` and `output` with what is known of `digits`, `fashion-mnist`, `mnist`,
    `cifar10` and `cifar100`: the shape of the images, the range of their pixels, the number of
    classes.

    ## Why it is bad
    Training would refuse the data after TensorFlow has started. Or, worse, it would not: pixels up
    to 16 read as pixels up to 255 are a nearly black image, and classes that no label has take
    probability from those that are there.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    training: {batch_size: 32}
    data: {source: digits}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    training: {batch_size: 32}
    data: {source: digits}
    ```
    """
    facts = SOURCES.get(view.data.source) if view.data else None
    if facts is None:
        return []
    source = Label(view.place("data", "source"), "the data")
    found: list[Diagnostic] = []
    if view.input.shape != facts.shape:
        shape = ", ".join(str(size) for size in facts.shape)
        meant = channels_last(view)
        found.append(
            report(
                view.place("input", "shape"),
                f"the images of `{facts.name}` have the shape [{shape}]",
                label="another shape",
                related=(source,),
                help=(advice(meant),) if meant == facts.shape else (f"write `shape: [{shape}]`",),
                fixes=writing_channels_last(view, meant) if meant == facts.shape else (),
            )
        )
    if view.input.value_range != facts.value_range:
        low, high = facts.value_range
        found.append(
            report(
                view.place("input", "value_range"),
                f"the pixels of `{facts.name}` go from {low:g} to {high:g}",
                label="another range"
                if view.written("input", "value_range")
                else "`value_range` is [0, 255] by default",
                related=(source,),
                help=(f"write `value_range: [{low:g}, {high:g}]`",),
            )
        )
    if isinstance(view.output, OverReals | Poisson | IndependentBernoulli):
        return found  # not over the classes of the source: BNN347 and BNN348
    ordered = isinstance(view.output, OrderedLogistic)
    classes = getattr(view.output, "classes", 2)
    if classes != facts.classes:
        found.append(
            report(
                view.place("output", "classes"),
                f"`{facts.name}` has {facts.classes} classes, the output distribution {classes}",
                label=f"{classes} classes",
                related=(source,),
                help=(
                    f"write `classes: {facts.classes}`"
                    + ("" if ordered else ", and as many units in the last layer"),
                ),
            )
        )
    return found
