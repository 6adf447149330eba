"""`bnnc calibrate`, and what `evaluate` and `predict` make of it."""

import json
from pathlib import Path

import numpy as np

from tests.cli.test_commands import Shell, shell, trained

__all__ = ["shell", "trained"]


def test_a_run_without_validation_images_is_refused_with_the_way_out(
    shell: Shell, trained: Path
) -> None:
    code, _, err = shell("calibrate", trained)
    assert code == 2
    assert "no validation rows to calibrate on" in err
    code, _, err = shell("calibrate", trained, "--data", "digits")
    assert code == 2
    assert "100% of the images are training images of the run" in err
    code, _, err = shell("calibrate", trained, "--coverage", "0.8")
    assert code == 2
    assert "`--coverage` is of `--sets` or `--interval`" in err


def test_other_images_calibrate_and_sets_are_predicted(shell: Shell, trained: Path) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 17, (40, 8, 8, 1)).astype(np.uint8)
    np.savez("others.npz", x_train=images, y_train=random.integers(0, 10, 40))
    np.save("images.npy", images[:3])
    options = ("--data", "others.npz", "--method", "temperature", "--sets", "lac", "--json")
    code, out, _ = shell("calibrate", trained, *options)
    assert code == 0
    fitted = json.loads(out)
    assert fitted["probabilities"]["rows"] == fitted["sets"]["rows"] == 20
    code, out, err = shell("predict", trained, "images.npy", "--format", "jsonl")
    assert code == 0
    assert "calibrated by temperature" in err
    rows = [json.loads(line) for line in out.splitlines()]
    assert all(len(row["set"].split()) == row["set_size"] for row in rows)
    raw = shell("predict", trained, "images.npy", "--format", "jsonl", "--uncalibrated")
    assert "calibrated" not in raw[2]
    assert "set" not in json.loads(raw[1].splitlines()[0])
    code, out, _ = shell("evaluate", trained, "--json")
    assert json.loads(out)["calibration"] == fitted
    assert "set_coverage" in shell("evaluate", trained)[1]
    code, _, err = shell("calibrate", trained, "--data", "others.npz")
    assert code == 0
    assert "this replaces an earlier calibration: calibrated by temperature" in err
