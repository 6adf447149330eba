"""BNN506."""

from math import prod

from bnnc.compiler.analysis.budget import machine_bytes, step_bytes
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.layers.bnn209_too_many_weights import MOST_ELEMENTS

GIBIBYTE = 2**30
# Bytes for each element of a Gaussian process's covariance while it is fitted: the sum over the
# rows, precision, its root, that one's inverse and LAPACK's workspace, in double precision. Measured
# are 83 with 2,048 features and 76 with 3,072.
FITTING_BYTES = 80


@rule(
    "BNN506",
    needs=("input", "layers", "bayesian", "training.batch_size", "training.optimizer", "ensemble"),
    severity="warning",
)
def step_larger_than_memory(view: View, report: Report) -> list[Diagnostic]:
    """A training step needs more memory than this machine has.

    ## What it does
    Estimates the memory of a training step: the weights with their gradients and the optimizer's
    variables, and every layer's output with its gradient, for each row of the batch. The rule
    reports an estimate above the memory of the machine that runs the check, or of its container.
    `bnnc plan` shows the same estimate; measured steps take 0.9 to 2.3 times as much
    (`benchmarks/memory.md`). Under `sngp` it also checks the fit after training, which holds about
    ten matrices of `num_inducing` rows and columns in double precision.

    ## Why it is bad
    The system kills the training in its first step, or the machine swaps. Another machine, or a
    GPU, has another limit: ignore the warning if the training runs elsewhere.

    ## Example
    ```yaml
    input: {shape: [512, 512, 3]}
    layers:
      - {type: conv2d, filters: 512, kernel_size: 3, padding: same, activation: relu}
      - {type: global_average_pooling2d}
      - {type: dense, units: 10}
    training: {batch_size: 100000}
    ```

    ## Use instead
    ```yaml
    input: {shape: [512, 512, 3]}
    layers:
      - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
      - {type: global_average_pooling2d}
      - {type: dense, units: 10}
    training: {batch_size: 2}
    ```
    """
    memory = machine_bytes()
    if memory is None or view.shapes.output is None:
        return []
    return [*_steps(view, report, memory), *_fits(view, report, memory)]


def _steps(view: View, report: Report, memory: int) -> list[Diagnostic]:
    size = view.training.batch_size
    images = view.input
    mapped = not images.is_table and images.value_range != (0, 1)
    standardised = images.mean is not None or images.std is not None
    if images.is_table:
        standardised = images.standardize
    outputs = [prod(images.shape) * (1 + mapped + standardised)]
    sizes, frozen, drawn = [0], 0, 0
    for step in view.shapes.steps:
        section = view.bayesian_sections.get(step.placed.index)
        read = step.input
        if section is not None:
            # The scales of a posterior, and the covariance of a process.
            added = section.applied_method.added(step.layer, step.input, section)
            sizes += [added.trainable, added.non_trainable]
            frozen += added.non_trainable
            drawn += added.drawn
            read = section.applied_method.read_by_kernel(step.input, section)
        each = {name: prod(one) for name, one in step.layer.weight_shapes(read).items()}
        sizes += each.values()
        frozen += sum(each[name] for name in step.layer.non_trainable())
        outputs.append(prod(step.output) + step.layer.inner_outputs(step.input))
    weights = sum(sizes)

    def needed(batch_size: int) -> int:
        return step_bytes(
            weights=weights,
            trained=weights - frozen,
            slots=view.training.optimizer.slots,
            batch_size=batch_size,
            outputs=sum(outputs),
            drawn=drawn,
            members=view.ensemble.members if view.ensemble else 1,
        )

    if needed(size) <= memory or max(sizes) > MOST_ELEMENTS:
        return []  # a kernel beyond all bounds is a finding of its own, BNN209
    largest = max(range(len(outputs)), key=outputs.__getitem__)
    half = memory // 2
    fitting = next(
        (one for one in (2**power for power in range(12, -1, -1)) if needed(one) <= half), None
    )
    return [
        report(
            view.span_of("training", "batch_size"),
            f"a training step needs about {needed(size) / GIBIBYTE:,.1f} GiB, and this machine has "
            f"{memory / GIBIBYTE:,.1f}",
            label=f"{size:,} rows in one step",
            related=(
                Label(
                    view.span_of(*view.layers[largest - 1].path),
                    f"gives {outputs[largest]:,} numbers per row",
                ),
            )
            if largest
            else (),
            help=(
                f"write `batch_size: {fitting}`, which needs about "
                f"{needed(fitting) / GIBIBYTE:,.1f} GiB",
            )
            if fitting
            else ("the weights alone need too much memory: use fewer units or filters",),
            fixes=(
                view.fix_set(
                    f"write `batch_size: {fitting}`", (("training", "batch_size"), str(fitting))
                ),
            )
            if fitting
            else (),
        )
    ]


def _fits(view: View, report: Report, memory: int) -> list[Diagnostic]:
    """The finding of a Gaussian process that is the last layer, if its fit needs more."""
    last = view.layers[-1]
    section = view.bayesian_sections.get(last.index)
    if section is None or "gaussian_process" not in section.applied_method.fields:
        return []
    features = section.gaussian_process.num_inducing
    if _fit_bytes(features) <= memory:
        return []
    path = view.bayesian_path(last, "gaussian_process", "num_inducing")
    powers = [2**power for power in range(13) if _fit_bytes(2**power) <= memory // 2]
    fewer = [
        f"write `num_inducing: {one}`, which needs about {_fit_bytes(one) / GIBIBYTE:,.1f} GiB"
        for one in powers[-1:]
    ]
    return [
        report(
            view.span_of(*path),
            "the fit of the Gaussian process needs about "
            f"{_fit_bytes(features) / GIBIBYTE:,.1f} GiB, and this machine has "
            f"{memory / GIBIBYTE:,.1f}",
            label=f"a covariance of {features:,} × {features:,} numbers",
            notes=("bnnc fits it after training",),
            help=tuple(fewer),
        )
    ]


def _fit_bytes(features: int) -> int:
    return FITTING_BYTES * features**2
