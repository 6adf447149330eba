"""BNN511."""

from math import ceil, log

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.layers import LayerSection
from bnnc.specs.layers.backbone import Backbone
from bnnc.specs.layers.normalization import BatchNormalization

# Share of its first values in a moving average, over the variance that it is to become, above which
# `benchmarks/thresholds.md` has a likelihood that is measurably worse.
MOST_LEFT = 0.1
PROPOSED = (0.99, 0.98, 0.95, 0.9, 0.8, 0.5, 0.0)
# What is proposed leaves no more than this.
LEFT = 0.01


@rule(
    "BNN511",
    needs=(
        "layers",
        "training.batch_size",
        "training.epochs",
        "training.initialize_from",
        "data",
    ),
    severity="warning",
)
def averages_that_have_not_arrived(view: View, report: Report) -> list[Diagnostic]:
    """The training is too short for the moving averages of batch normalization.

    ## What it does
    Computes how much of their first values the moving averages still contain after training, if the
    number of rows is known. That share is the momentum of `batch_normalization`, or of the batch
    normalizations in a `backbone` with `weights: none`, to the power of the number of batches. The
    moving mean starts at 0 and the moving variance at 1. The rule reports a share above 0.1 of the
    variance that the layer has to average. That variance is about 1 after kernels of He's size. In
    a backbone it depends on Keras's kernels: after depthwise kernels of many channels it is a few
    ten thousandths.

    ## Why it is bad
    Training normalizes by the statistics of each batch, and prediction by the moving averages. As
    long as these are near their first values, prediction uses layers that were never trained: the
    training accuracy rises, and the validation accuracy stays low, or at chance in a deep network.
    In `benchmarks/thresholds.md`, likelihoods are measurably worse above a share of 0.1.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: batch_normalization, momentum: 0.999}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.003}, batch_size: 32, epochs: 10}
    data: {source: digits}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: batch_normalization, momentum: 0.98}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.003}, batch_size: 32, epochs: 10}
    data: {source: digits}
    ```

    ## References
    - Ioffe and Szegedy 2015, arXiv:1502.03167, section 3.1
    """
    steps = view.steps_per_epoch
    if steps is None or view.training.initialize_from is not None:
        return []  # those of a run are where its training has brought them
    batches = steps * view.training.epochs
    return [
        _finding(view, report, path, layer, steps)
        for path, layer in view.written_layers
        if layer is not None and _momentum(layer) ** batches > MOST_LEFT * _variance(layer)
    ]


def _momentum(layer: LayerSection) -> float:
    """That of the moving averages that it keeps from their first values; 0 if it keeps none."""
    if isinstance(layer, BatchNormalization):
        return layer.momentum
    if isinstance(layer, Backbone) and layer.trainable and not layer.is_pretrained:
        return layer.known.momentum
    return 0.0


def _variance(layer: LayerSection) -> float:
    """Variance that its moving averages are to become, before training; at most their first, 1."""
    return min(layer.known.least_variance, 1.0) if isinstance(layer, Backbone) else 1.0


def _finding(view: View, report: Report, path: Path, layer: LayerSection, steps: int) -> Diagnostic:
    momentum, variance, epochs = _momentum(layer), _variance(layer), view.training.epochs
    batches = steps * epochs
    fixes: tuple[Fix, ...] = ()
    enough = log(MOST_LEFT * variance) / log(momentum) / steps if momentum < 1 else 0
    longer = f"train for {ceil(enough):,} epochs" if 0 < enough < 10_000 else "train longer"
    help = f"use pretrained weights, which include moving averages, or {longer}"
    if isinstance(layer, BatchNormalization):
        # Of one batch nothing is kept.
        wanted = next(one for one in PROPOSED if one < momentum and one**batches <= LEFT)
        help = f"write `momentum: {wanted:g}`, or {longer}"
        change = ((*path, "momentum"), f"{wanted:g}")
        fixes = (view.fix_set(f"write `momentum: {wanted:g}`", change),)
    place = (*path, "momentum") if view.is_explicit(*path, "momentum") else (*path, "type")
    small = (
        f"the moving variance starts at 1; the smallest variance before training is {variance:.2g}",
    )
    return report(
        view.span_of(*place),
        f"after {batches:,} batches the moving averages still contain "
        f"{100 * momentum**batches:.2g} % of their first values",
        label=f"a momentum of {momentum:g}",
        related=(Label(view.span_of("training", "epochs"), f"{epochs:,} epochs"),)
        if view.is_explicit("training", "epochs")
        else (),
        notes=(
            "prediction normalizes by the moving averages, training by each batch",
            *(small if variance < 0.5 else ()),
        ),
        help=(help,),
        fixes=fixes,
    )
