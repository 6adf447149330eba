"""Load runs to predict with, and refuse or warn about what was not trained or fitted."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bnnc.cli.exit_codes import UserError
from bnnc.cli.terminal import echo
from bnnc.compiler.analysis.budget import usual_rate

if TYPE_CHECKING:
    from bnnc.runtime.prepared import Prepared
    from bnnc.runtime.program import Program
    from bnnc.runtime.training.loop import Metrics


def load_trained(run: Path) -> Program:
    """Load a run to predict with, and say on stderr if its training has not ended.

    Raises: UserError for a run that was not trained, or whose weights are not finite; as
        `bnnc.load`.
    """
    from bnnc.runtime.runs.loading import load

    program = load(run)
    _refuse_untrained(program, run)
    _refuse_weights_that_are_not_finite(program, run)
    warn_of_interruption(program, run)
    return program


def _refuse_untrained(program: Program, run: Path) -> None:
    """Raise UserError for a program, or a member of an ensemble, that was never trained."""
    untrained = [one for one, member in enumerate(program.members) if not member.trained]
    if not untrained:
        return
    quoted = shlex.quote(str(run))
    if len(untrained) == len(program.members):
        if program.manifest["trained"] is None:
            raise UserError(f"{run} was built and never trained: `bnnc train {run}` trains it")
        diverged = program.manifest.get("diverged")
        if diverged is not None:
            raise UserError(
                f"{run} diverged in step {diverged['step']} of epoch {diverged['epoch']}, and "
                f"holds no trained weights. {what_to_change(program)}"
            )
        raise UserError(
            f"{run} was interrupted before its first epoch: `bnnc train --resume {quoted}` continues it"
        )
    first = program.folders(run)[0]
    raise UserError(
        f"{run} was interrupted before member {untrained[0] + 1} of {len(program.members)} was "
        f"trained: `bnnc train --resume {quoted}` continues it; {first} is a run by itself"
    )


def what_to_change(program: Program) -> str:
    """The way out for a training that diverged: it does so again, as nothing in it is by chance."""
    rate = program.spec.training.optimizer.learning_rate
    path = "training.optimizer.learning_rate"
    if not isinstance(rate, float):
        path += ".initial_learning_rate"
        rate = getattr(rate, "initial_learning_rate", 0.0)
    lower = min(rate / 10, usual_rate(program.spec.training.optimizer))
    written = f"--set {path}={lower:g}" if rate else "a lower schedule of the learning rate"
    return (
        "Resuming it would repeat the same steps: train the spec again with another value, for "
        f"example `{written}`, or set `training.optimizer.clipnorm`"
    )


def _refuse_weights_that_are_not_finite(program: Program, run: Path) -> None:
    """Raise UserError for weights that are NaN or infinite: nothing can be predicted with them."""
    import numpy as np

    for model in program.models:
        for weight in model.weights:
            if not np.all(np.isfinite(np.asarray(weight, np.float64))):
                raise UserError(
                    f"the weights of {run} are not finite numbers, as in {weight.path}: its "
                    f"training diverged. {what_to_change(program)}"
                )


def warn_of_interruption(program: Program, run: Path) -> None:
    """Say on stderr if a training has not ended, and what is therefore not there yet."""
    from bnnc.runtime.runs.run_folder import what_is_left

    layers = [layer for model in program.models for layer in model.layers]
    is_fitted = all(getattr(layer, "has_posterior", True) for layer in layers)
    left = what_is_left(program)
    if is_fitted and left is None:
        return
    said = f"{run} {left or 'has not ended'}"
    if not is_fitted:
        said += ", and its posterior is fitted at the end: the weights alone are used"
    echo(
        f"note: {said}. `bnnc train --resume {shlex.quote(str(run))}` continues it",
        indent="  ",
        err=True,
    )


def tell_of_chosen_scales(program: Program) -> None:
    """Say on stderr what was fitted at the end of a training, and what it did to the likelihood."""
    for model in program.models:
        for layer in model.layers:
            scale = getattr(layer, "chosen_prior_scale", None)
            if scale is not None:
                echo(
                    f"`{layer.name}`: a prior of scale {scale:.4g} has the most evidence", err=True
                )
        if model.fit_comparison is not None:
            echo(f"{model.fit_comparison}", err=True)


def tell_of_chance(
    program: Program, prepared: Prepared, history: Sequence[Metrics], run: Path
) -> None:
    """Say on stderr if a training ends no better than guessing, and what looks for the cause."""
    from bnnc.runtime.diagnosis.evidence import AT_CHANCE
    from bnnc.runtime.diagnosis.predictions import nll_of_guessing

    guessing = nll_of_guessing(program.models[0], prepared.train)
    last = {one.get("member", 0): one["nll"] for one in history}
    worst = max(last.values(), default=0.0)
    if guessing is None or not worst >= AT_CHANCE * guessing:
        return
    echo(
        f"the training ended no better than guessing: NLL {worst:.3f}, and {guessing:.3f} by the "
        f"shares of the classes. `bnnc doctor {shlex.quote(str(run))}` looks for the cause",
        err=True,
    )
