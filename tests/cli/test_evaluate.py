"""`bnnc evaluate`, with other images and corrupted ones."""

import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from tests.cli.test_commands import Shell, shell, trained

__all__ = ["shell", "trained"]


def test_evaluate_prints_the_metrics_as_a_table_and_as_json(shell: Shell, trained: Path) -> None:
    code, table, _ = shell("evaluate", trained, "--samples", "4")
    assert code == 0
    assert table.startswith("360 test images, 4 weight draws\n")
    code, line, _ = shell("evaluate", trained, "--samples", "4", "--json")
    metrics = json.loads(line)
    figures = {
        *("accuracy", "baseline_accuracy", "balanced_accuracy", "top_5_accuracy"),
        *("nll", "brier", "brier_reliability", "brier_resolution", "brier_uncertainty"),
        *("ece", "adaptive_ece", "classwise_ece", "mce"),
        *("aurc", "augrc", "risk_at_80_coverage", "coverage_at_5_risk", "error_auroc"),
        *("entropy", "mutual_information", "disagreement"),
    }
    assert set(metrics) == {*figures, "rows", "samples", "standard_errors", "tables"}
    assert set(metrics["standard_errors"]) == figures
    assert set(metrics["tables"]) == {"reliability", "risk_and_coverage", "classes", "confusion"}
    error = metrics["standard_errors"]["nll"]
    assert f"nll                 {metrics['nll']:.4f} ± {error:.4f}" in table
    assert f"{metrics['nll']:.4f}" in table


def test_evaluate_tells_other_images_from_the_test_images(
    shell: Shell, trained: Path, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 17, (40, 8, 8))
    np.savez(tmp_path / "noise.npz", x_test=noise.astype(np.uint8))
    options = ("evaluate", trained, "--samples", "2", "--ood", "noise.npz", "--ood", "digits")
    code, out, err = shell(*options)
    assert code == 0
    assert "Out-of-distribution: 40 images of noise.npz (AUPR of chance: 0.1000)" in out
    assert (
        err
        == "note: digits is the data of the training: none of its images is out of distribution\n"
    )
    found = json.loads(shell(*options, "--json")[1])["ood"]
    entropy = found["noise.npz"]["scores"]["entropy"]
    assert f"{entropy['auroc']:.4f} ± {entropy['standard_errors']['auroc']:.4f}" in out
    assert found["digits"]["scores"]["entropy"]["auroc"] == 0.5
    code, _, err = shell("evaluate", trained, "--ood", "nowhere.npz")
    assert code == 2
    assert "neither a known name nor an existing path" in err
    np.savez(tmp_path / "small.npz", x_test=np.zeros((3, 5, 5)))
    code, _, err = shell("evaluate", trained, "--ood", "small.npz")
    assert code == 2
    assert "Resize the images" in err


def test_a_run_that_can_be_resumed_is_said_to_be(
    shell: Shell, trained: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(trained, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["trained"]["epochs"] = 9
    (folder / "manifest.json").write_text(json.dumps(manifest))
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "image.png")
    said = f"has had 3 of 9 epochs{{}}`bnnc train --resume {folder}` continues it\n"
    for command in (("evaluate", folder, "--samples", "1"), ("predict", folder, "image.png")):
        code, _, err = shell(*command)
        assert code == 0
        assert err.startswith(f"note: {folder} {said.format('. ')}")
    code, out, _ = shell("doctor", folder)
    assert code == 0
    assert f"note: the run {said.format(': ')}" in out
    assert "BNN818" not in out


def test_evaluate_shows_corrupted_images_by_severity(shell: Shell, trained: Path) -> None:
    code, out, _ = shell("evaluate", trained, "--samples", "1", "--shift")
    assert code == 0
    found = json.loads(shell("evaluate", trained, "--samples", "1", "--shift", "--json")[1])[
        "shift"
    ]
    for name in ("accuracy", "nll", "ece"):
        assert f"{name} of corrupted images, by severity\n" in out
        values = "  ".join(f"{one:.4f}" for one in found["rotation"][name])
        assert f"rotation        {values}" in out
