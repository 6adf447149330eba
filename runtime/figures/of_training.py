"""Figures of a training and of the posterior that it ended with."""

from collections.abc import Sequence
from typing import Any

from bnnc.errors import ArgumentError
from bnnc.runtime.evaluation.posterior import LayerPosterior
from bnnc.runtime.figures.style import (
    BLUE,
    FAINT,
    MUTED,
    ORANGE,
    axes_or_new,
    boxes,
    grid,
    legend,
    plain,
    words,
)

QUANTITIES = ("signal_to_noise", "kl", "scale")


def training(
    history: Sequence[dict[str, Any]],
    ax: Any = None,
    *,
    metric: str = "nll",
    warmup_epochs: float = 0,
) -> Any:
    """A metric of every epoch, of the training rows and of the validation rows.

    Args:
        history: the metrics of each epoch, as the lines of `metrics.jsonl`; of an ensemble, one
            curve a member.
        ax: matplotlib axes to draw on; new ones if None.
        metric: its name, as `nll`; that of the validation rows is `val_nll`.
        warmup_epochs: epochs over which the weight of the KL rises; they are marked.

    Returns: the axes.
    Raises: ArgumentError if there are no epochs, or no such metric.
    """
    if not history:
        raise ArgumentError("Expected the metrics of at least one epoch. Received: none")
    if metric not in history[0]:
        known = ", ".join(metrics_of(history))
        raise ArgumentError(f"Expected `metric` to be one of {known}. Received: {metric!r}")
    ax = axes_or_new(ax)
    members = sorted({one.get("member", 0) for one in history})
    last = max(one["epoch"] for one in history)
    if warmup_epochs:
        ax.axvspan(0.5, min(warmup_epochs, last) + 0.5, color=FAINT, alpha=0.6, linewidth=0)
        ax.axvline(warmup_epochs + 0.5, color=MUTED, linestyle=":", linewidth=1, label="KL warm-up")
    for name, color, line, marker, label in (
        (metric, BLUE, "-", "o", "training"),
        (f"val_{metric}", ORANGE, "--", "s", "validation"),
    ):
        for place, member in enumerate(members):
            lines = [one for one in history if one.get("member", 0) == member and name in one]
            if lines:
                ax.plot(
                    [one["epoch"] for one in lines],
                    [one[name] for one in lines],
                    color=color,
                    linestyle=line,
                    marker=marker if last <= 30 else None,
                    markersize=4,
                    linewidth=1.6 if len(members) == 1 else 1.0,
                    label=label if place == 0 else None,
                )
    ax.set(xlabel="epoch", ylabel=words(metric), xlim=(0.5, last + 0.5))
    ax.xaxis.get_major_locator().set_params(integer=True)
    grid(ax)
    legend(ax)
    return ax


def metrics_of(history: Sequence[dict[str, Any]]) -> list[str]:
    """The metrics of the training rows, the loss and its parts first."""
    known = history[0] if history else {}
    first = [name for name in ("loss", "nll", "kl") if name in known]
    left_out = {"epoch", "member", "seconds", "images_per_second", *first}
    return first + [name for name in known if name not in left_out and not name.startswith("val_")]


def posterior(
    layers: Sequence[LayerPosterior], ax: Any = None, *, quantity: str = "signal_to_noise"
) -> Any:
    """A quantity of the posterior of each layer's kernel.

    Args:
        layers: as `layer_posteriors` gives them.
        ax: matplotlib axes to draw on; new ones if None.
        quantity: `signal_to_noise`, |mean| / standard deviation, and `scale`, the standard
            deviations, by their 5 %, 25 %, 50 %, 75 % and 95 % quantiles; `kl`, the divergence from
            the prior in nats a weight.

    Returns: the axes.
    Raises: ArgumentError for another quantity, or a model without such layers.
    """
    if quantity not in QUANTITIES:
        raise ArgumentError(
            f"Expected `quantity` to be one of {', '.join(QUANTITIES)}. Received: {quantity!r}"
        )
    if not layers:
        raise ArgumentError(
            "Expected a model with a normal posterior on a kernel, as of the methods flipout, "
            "reparameterization and local_reparameterization. Received: one without"
        )
    ax = axes_or_new(ax, height=1.2 + 0.42 * max(len(layers), 3))
    names = [one.layer for one in layers]
    if quantity == "kl":
        per_weight = [one.kl / one.weights for one in layers]
        ax.barh(range(len(layers)), per_weight, 0.55, color=BLUE)
        ax.set_yticks(range(len(layers)), [plain(one) for one in names])
        ax.set_ylim(len(layers) - 0.4, -0.6)
        ax.set_xlabel("KL from the prior, nats a weight")
    elif quantity == "scale":
        boxes(ax, [one.scale for one in layers], names, BLUE)
        for place, one in enumerate(layers):
            ax.plot(
                [one.prior_scale] * 2,
                [place - 0.3, place + 0.3],
                color=ORANGE,
                linewidth=2.5,
                label="prior" if place == 0 else None,
            )
        ax.set(xscale="log", xlabel="posterior standard deviation")
        legend(ax)
    else:
        boxes(ax, [one.signal_to_noise for one in layers], names, BLUE)
        ax.axvline(1, color=MUTED, linestyle="--", linewidth=1)
        ax.set(xscale="log", xlabel="|mean| / standard deviation")
    grid(ax, "x")
    return ax
