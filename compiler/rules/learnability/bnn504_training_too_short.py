"""BNN504."""

from bnnc.compiler.analysis.budget import (
    is_bounded,
    is_one_rate,
    peak_rate,
    rate_path,
    reach,
    steps_known,
)
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted
from bnnc.compiler.text.tree import Path
from bnnc.specs.layers.backbone import Backbone
from bnnc.specs.schedules import ScheduleSection

# Learning rate times steps below which models of `benchmarks/thresholds.md` are not done.
SHORTEST_BOUNDED = 0.25
SHORTEST_UNBOUNDED = 15.0
PROPOSED_BOUNDED = (0.001, 0.002, 0.003, 0.005, 0.01)
PROPOSED_UNBOUNDED = (0.01, 0.02, 0.05, 0.1)
SMALL_BATCH = 32


@rule(
    "BNN504",
    needs=("training.optimizer", "training.batch_size", "training.epochs", "data"),
    severity="warning",
)
def training_too_short(view: View, report: Report) -> list[Diagnostic]:
    """The training has too few steps for its learning rate.

    ## What it does
    Multiplies the learning rate by the steps of the whole training, epochs · rows / batch size, if
    the number of rows is known. The rule reports a product below 0.25 for Adam and similar
    optimizers. For SGD it reports a product below 15, after division by 1 - momentum. For a
    schedule, the mean rate counts.

    ## Why it is bad
    Adam moves a weight by at most about the learning rate in a step, so the product is the largest
    distance that a weight can move. Weights that matter are that large. A step of SGD is
    proportional to the gradient, which is below 1 for most weights. In `benchmarks/thresholds.md`,
    models below the thresholds are measurably worse, and models far below them stay at chance. The
    rule does not judge models with a pretrained `backbone`: its weights are already near their
    final values, and the small weights of a head add up over its thousand features.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.0001}, batch_size: 32, epochs: 10}
    data: {source: digits}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 10}
    data: {source: digits}
    ```
    """
    optimizer, training = view.training.optimizer, view.training
    steps, rows = steps_known(view), view.rows
    if steps is None or rows is None:
        return []
    if any(isinstance(one.section, Backbone) and one.section.is_pretrained for one in view.layers):
        return []
    bounded = is_bounded(optimizer)
    shortest = SHORTEST_BOUNDED if bounded else SHORTEST_UNBOUNDED
    reached = reach(optimizer, training.epochs, steps)
    if reached >= shortest or peak_rate(optimizer, training.epochs) == 0:
        return []  # BNN611 and BNN615 report a rate of 0
    if training.batch_size > rows and reached * rows / SMALL_BATCH >= shortest:
        return []  # BNN505 reports the batch size
    if optimizer.gradient_accumulation_steps > rows / training.batch_size:
        return []  # BNN608 and BNN609 report epochs without a step
    path = rate_path(optimizer)
    how = (
        f"`{optimizer.type}` can move a weight by at most {reached:.2g} in {steps:,} steps"
        if bounded
        else f"the learning rates of all {steps:,} steps sum to {reached:.2g}"
    )
    changes, said = _proposal(view, path, reached, steps, rows)
    return [
        report(
            view.span_of(*path),
            f"the training is too short for its learning rate: {how}",
            label=f"{reached:.2g} over {steps:,} steps",
            related=(
                Label(view.span_of("training", "epochs"), counted(training.epochs, "epoch")),
                Label(
                    view.span_of("training", "batch_size"),
                    f"{counted(steps // training.epochs, 'step')} per epoch",
                ),
            )
            if view.is_explicit("training", "epochs") and view.is_explicit("training", "batch_size")
            else (),
            notes=(
                f"models that learned moved their weights by at least {shortest:g}"
                if bounded
                else f"for models that learned, the sum was at least {shortest:g}",
            ),
            help=(
                f"write {said}, or train longer" if said else "raise the rates, or train longer",
            ),
            fixes=(view.fix_set(f"write {said}", *changes),) if said else (),
        )
    ]


def _proposal(
    view: View, path: Path, reached: float, steps: int, rows: int
) -> tuple[list[tuple[Path, str]], str]:
    """Changes that give twice the least reach: a rate, then smaller batches, then more epochs."""
    optimizer, training = view.training.optimizer, view.training
    bounded = is_bounded(optimizer)
    shortest = SHORTEST_BOUNDED if bounded else SHORTEST_UNBOUNDED
    momentum = getattr(optimizer, "momentum", 0.0)
    if not is_one_rate(optimizer):
        return [], ""
    written = optimizer.learning_rate
    peak = (
        getattr(written, "initial_learning_rate", 0.0)
        if isinstance(written, ScheduleSection)
        else written
    )
    # What one unit of the number at `path` gives in a step.
    unit = reached / steps / peak
    if unit == 0:  # a rate so small that its sum is none
        return [], ""
    rates = (
        PROPOSED_BOUNDED
        if bounded
        else tuple(round(one * (1 - momentum), 6) for one in PROPOSED_UNBOUNDED)
    )
    changes: list[tuple[Path, str]] = []
    said: list[str] = []
    for rate in rates:
        if rate >= peak and rate * unit * steps >= 2 * shortest:
            break
    else:
        rate = max(rates[-1], peak)
        if training.batch_size > SMALL_BATCH:
            changes.append((("training", "batch_size"), str(SMALL_BATCH)))
            said.append(f"`batch_size: {SMALL_BATCH}`")
            steps = training.epochs * -(-rows // SMALL_BATCH)
        if rate * unit * steps < 2 * shortest:
            epochs = -(-training.epochs * 2 * shortest // (rate * unit * steps))
            changes.append((("training", "epochs"), f"{epochs:.0f}"))
            said.append(f"`epochs: {epochs:.0f}`")
    if rate != peak:
        if view.is_explicit(*path[:2]):
            changes.insert(0, (path, f"{rate:g}"))
        else:
            whole = f"{{type: {optimizer.type}, learning_rate: {rate:g}}}"
            changes.insert(0, (path[:2], whole))
        said.insert(0, f"`{path[-1]}: {rate:g}`")
    return changes, " and ".join(said)
