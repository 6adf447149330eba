"""Export the prediction of a program, and compare what was written with the program."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from bnnc.errors import BnncError, ExportError
from bnnc.runtime.exporting.checking import ROWS, largest_difference
from bnnc.runtime.exporting.description import Description, describe
from bnnc.runtime.exporting.folding import frozen
from bnnc.runtime.exporting.formats import FORMATS, Format
from bnnc.runtime.exporting.opening import Run
from bnnc.runtime.exporting.predictive import members_of, predictive
from bnnc.runtime.exporting.preflight import (
    DESCRIPTION,
    Precision,
    check_request,
    refuse_other_export,
)
from bnnc.specs.class_names import listed
from bnnc.system.table import Shown, Table
from bnnc.system.writing import whole_folder, write_text

if TYPE_CHECKING:
    from bnnc.runtime.predicting import Predicts
    from bnnc.runtime.prediction.predictors import AnyPredictor


@dataclass(frozen=True, eq=False, repr=False)
class Export(Shown):
    """What was exported.

    Attributes:
        folder: where it is.
        size: bytes of its files, without the description.
        description: what `description.json` says.
        difference: the largest difference of an output to `program.predict`, on eight images or
            rows; None if the format's runtime is not installed.
        runtime: what it was compared in; None if it was not.
    """

    folder: Path
    size: int
    description: Description
    difference: float | None
    runtime: str | None

    def _table(self) -> Table:
        one = self.description
        draws = one["draws"]
        drawn = f"{draws['samples']:,}, {draws['kind']}"
        if draws["seeds"] is not None and draws["samples"] > 1:
            seeds = sorted(set(draws["seeds"]))
            drawn += f", seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
        shape = ", ".join(map(str, one["input"]["shape"]))
        rows = one["input"]["shape"][0]
        checked = "not compared: its runtime is not installed"
        if self.difference is not None:
            checked = (
                f"{ROWS} {rows} in {self.runtime}, largest difference to program.predict "
                f"{self.difference:.1e}"
            )
        values = (
            ("format", f"{one['format']}, {one['precision']}, {_bytes(self.size)}"),
            ("weight draws", drawn),
            ("input", f"{one['input']['name']} [{shape}], raw values{_values(one['input'])}"),
            *(("output", f"{name} {_shape(value)}") for name, value in one["outputs"].items()),
            ("checked", checked),
        )
        below = []
        if draws.get("shared_noise"):
            below.append(
                "the images share the noise of "
                + ", ".join(f"`{n}`" for n in draws["shared_noise"])
                + ": the outputs are those of `program.predict` for one image at a time"
            )
        return Table(
            f"{self.folder}: the prediction of {one['name']}", values=values, below=tuple(below)
        )


def export(
    program: Predicts,
    predictor: AnyPredictor,
    folder: Path,
    form: str,
    *,
    samples: int,
    seed: int | None,
    fresh: bool,
    precision: Precision,
    calibrated: bool,
) -> Export:
    """Write the prediction into a folder, whole or not at all. Arguments: as `Program.export`."""
    check_request(form, fresh=fresh, seed=seed, precision=precision)
    chosen = FORMATS[form]
    refuse_other_export(folder, form)
    members = members_of(predictor, samples, seed)
    fitted = program.calibration if calibrated else None
    said = program.spec.input
    images = tf.TensorSpec((None, *said.shape), tf.float32, name=said.variable)
    if fresh:
        # Imported where it is needed: the fixed draws need no Keras.
        from bnnc.runtime.exporting.fresh import open_seeded, signatures_of, write_fresh

        signatures = signatures_of(members, fitted, images)
        predict = signatures["predict"]
    else:
        predict = frozen(predictive(members, fitted), images)
    description = describe(
        program,
        members,
        predict.get_concrete_function().structured_outputs,
        form=form,
        precision=precision,
        fresh=fresh,
        calibrated=calibrated,
    )
    inside = json.dumps(description)
    layers = {layer.name for model in program.models for layer in model.layers}
    with whole_folder(
        folder, replaces=DESCRIPTION, last=DESCRIPTION, ours=chosen.files | {DESCRIPTION}
    ) as temporary:
        if fresh:
            write_fresh(temporary, members, signatures, inside)
            # All models have one seed here, as of `program.predict` with a seed.
            seed = members[0].seed
            run: Run | None = open_seeded(temporary, samples, seed)
        else:
            chosen.write(temporary, predict, inside, precision, layers)
            try:
                run = chosen.open(temporary)
            except Exception as error:  # whatever a runtime says of a file
                raise _not_run(chosen, error) from error
        difference, runtime = None, None
        if run is not None:
            runtime = chosen.runtime
            try:
                difference = largest_difference(
                    run,
                    program,
                    samples=samples,
                    seed=seed,
                    calibrated=calibrated,
                    one_by_one=not fresh and any(one.layers_with_shared_noise for one in members),
                )
            except (AssertionError, BnncError, MemoryError):
                raise
            except Exception as error:  # onnxruntime's are no more than that
                raise _not_run(chosen, error) from error
            _refuse_difference(chosen, difference, precision)
        size = sum(one.stat().st_size for one in temporary.rglob("*") if one.is_file())
        description["checked"] = (
            None if runtime is None else {"runtime": runtime, "largest_difference": difference}
        )
        write_text(temporary / DESCRIPTION, json.dumps(description, indent=2) + "\n")
    return Export(folder, size, description, difference, runtime)


def _not_run(chosen: Format, error: Exception) -> ExportError:
    """The error for a file that was written, and that its runtime does not run."""
    lines = str(error).strip().splitlines() or ["no reason given"]
    return ExportError(
        f"nothing was written: {chosen.runtime} does not run this model: {lines[0]}. Export it with "
        "`--format saved-model`"
    )


def _refuse_difference(chosen: Format, difference: float, precision: Precision) -> None:
    """Raise ExportError if an export is not the program that it was made of."""
    if precision == "float32" and difference > chosen.tolerance:
        reason = f"more than the {chosen.tolerance:g} that rounding explains"
    elif not math.isfinite(difference):
        reason = f"the precision {precision} does not hold its numbers"
    else:
        return
    raise ExportError(
        f"nothing was written: in {chosen.runtime} an output differs from `program.predict` by "
        f"{difference:.2g}, {reason}. Export it in another format"
        + (", or as float32" if precision != "float32" else "")
    )


def _values(said: dict[str, Any]) -> str:
    """What the raw values of the input are."""
    if "value_range" in said:
        low, high = said["value_range"]
        return f" from {low:g} to {high:g}"
    names = said["feature_names"]
    return "" if names is None else f" of {listed(names)}"


def _shape(value: dict[str, Any]) -> str:
    return f"{value['type']} [{', '.join(map(str, value['shape']))}]"


def _bytes(size: int) -> str:
    """A size in the unit that shows it in a few digits."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000  # type: ignore[assignment]
    return f"{size:.3g} GB"
