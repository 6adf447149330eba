"""Members that are trained by themselves, and gathered, are those of one `bnnc train`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from mmap import ACCESS_READ, mmap
from pathlib import Path

import h5py
import numpy as np
import pytest
import tensorflow as tf
import yaml

import bnnc
from bnnc.cli import parallel
from bnnc.cli.app import run
from bnnc.runtime.runs.member_runs import identity_of
from bnnc.system.locks import FolderLock
from tests.cli.killing import training_processes
from tests.cli.test_commands import Shell, shell
from tests.docs.pages import blocks

__all__ = ["shell"]

MEMBERS, EPOCHS = 3, 2
SPEC = f"""\
bnnc: 1
name: several
input: {{shape: [8, 8, 1], value_range: [0, 16]}}
layers:
  - {{type: flatten}}
  - {{type: dense, units: 10}}
bayesian: {{method: flipout}}
output: {{distribution: categorical, parameterization: logits, classes: 10, labels: integer}}
training: {{optimizer: {{type: adam, learning_rate: 0.01}}, epochs: {EPOCHS}}}
ensemble: {{members: {MEMBERS}}}
prediction: {{samples: 4}}
calibration: {{method: temperature}}
data: {{source: digits, validation_split: 0.2}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spec, its run as a whole, and members that were trained one by one."""
    folder = tmp_path_factory.mktemp("members")
    spec = folder / "spec.yaml"
    spec.write_text(SPEC)
    assert run(["train", str(spec), "--run", str(folder / "whole")]) == 0
    for member in (2, 0, 1):
        arguments = ["--member", str(member), "--run", str(folder / "members")]
        assert run(["train", str(spec), *arguments]) == 0
    return folder


@pytest.fixture
def apart(folder: Path, tmp_path: Path) -> Path:
    """A copy of the members that were trained one by one, not gathered."""
    return Path(shutil.copytree(folder / "members", tmp_path / "run"))


def refuse_different(one: Path, other: Path) -> None:
    """Compare weights, optimizers, metrics and manifests of two runs of the spec."""
    ours, theirs = bnnc.load(one), bnnc.load(other)
    for mine, yours in zip(ours.models, theirs.models, strict=True):
        variables = zip(
            [*mine.weights, *mine.optimizer.variables],
            [*yours.weights, *yours.optimizer.variables],
            strict=True,
        )
        for received, expected in variables:
            np.testing.assert_array_equal(received.numpy(), expected.numpy(), received.path)
    assert metrics_of(one) == metrics_of(other)
    left, right = ({**each.manifest, "identity": None} for each in (ours, theirs))
    assert left == right


def metrics_of(run: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [
        {key: line[key] for key in line if key not in {"seconds", "images_per_second"}}
        for line in lines
    ]


def test_members_one_by_one_and_gathered_are_those_of_the_whole(
    folder: Path, apart: Path, shell: Shell
) -> None:
    code, _, err = shell("evaluate", apart)
    assert code == 2
    assert f"not gathered yet: `bnnc gather {apart}`" in err
    code, out, err = shell("gather", apart)
    assert (code, err) == (0, "")
    assert f"{apart}: 3 members. Evaluate them with:\n\n    bnnc evaluate {apart}" in out
    refuse_different(apart, folder / "whole")
    assert not list(apart.glob("members/*/metrics.jsonl"))
    assert shell("evaluate", apart)[1] == shell("evaluate", folder / "whole")[1]
    assert shell("gather", apart)[0] == 0, "gathering again changes nothing"
    refuse_different(apart, folder / "whole")
    code, out, _ = shell("train", folder / "spec.yaml", "--member", "1", "--run", apart)
    assert code == 0
    assert f"{apart}/members/1 has ended (2 epochs): nothing is left" in out


def test_a_killed_member_is_continued_by_the_same_command(folder: Path, shell: Shell) -> None:
    arguments = ("spec.yaml", "--member", "1", "--run", "killed")
    with training_processes(folder) as train:
        kill = ("print", "members/1  epoch 1/2", 1)
        assert train(*arguments, kill=kill) == -signal.SIGKILL
        code, _, err = shell("gather", folder / "killed")
        assert code == 2
        assert f"killed/members/0 is missing; train it with:\n\n    bnnc train {folder}" in err
        assert "killed/members/1 has had 1 of 2 epochs; continue it with:" in err
        assert "--run " in err
        assert err.count(" --member ") == 3
        assert train(*arguments) == 0
    assert "after epoch 1 of 2" in (folder / "output.txt").read_text()
    weights = [
        weights_of(folder / run / "members" / "1" / "model.keras") for run in ("killed", "whole")
    ]
    assert weights[0].keys() == weights[1].keys()
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value, weights[1][name], name)


def weights_of(model: Path) -> dict[str, np.ndarray]:
    """The arrays of a saved model by their names."""
    import io
    import zipfile

    found: dict[str, np.ndarray] = {}
    with (
        zipfile.ZipFile(model) as archive,
        h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as stored,
    ):
        stored.visititems(
            lambda name, one: (
                found.__setitem__(name, one[()])
                if isinstance(one, h5py.Dataset) and "progress" not in name
                else None
            )
        )
    return found


def test_what_cannot_be_gathered_is_named_with_the_command(apart: Path, shell: Shell) -> None:
    shutil.rmtree(apart / "members" / "0")
    (apart / "members" / "2" / "model.keras").unlink()
    code, _, err = shell("gather", apart)
    assert code == 2
    assert f"{apart}/members/0 is missing; train it with:\n\n    bnnc train " in err
    assert f"spec.yaml --run {apart} --member 0\n" in err
    assert "members/2/model.keras cannot be loaded as a model: it is missing" in err
    assert f"--run {apart} --member 2\n" in err
    assert "--member 1" not in err
    shutil.rmtree(apart / "members")
    assert "holds no members of an ensemble: train them with" in shell("gather", apart)[2]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--set", "training.batch_size=64"], "its spec is another one"),
        (["--epochs", "1"], "its training has another number of epochs"),
        (["--data", "other.npz"], "its data is other data"),
    ],
)
def test_a_member_of_another_ensemble_is_refused(
    folder: Path, apart: Path, tmp_path: Path, shell: Shell, arguments: list[str], reason: str
) -> None:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 17, (1797, 8, 8, 1))
    np.savez(
        tmp_path / "other.npz",
        x_train=images,
        y_train=np.arange(1797) % 10,
        x_test=images[:10],
        y_test=np.arange(10),
    )
    moved = apart / "members" / "1"
    shutil.rmtree(moved)
    train = ["train", str(folder / "spec.yaml"), "--member", "1", *arguments]
    code, _, err = shell(*train, "--run", apart)
    assert code == 2
    assert f"member 1 is not of one ensemble with {apart}/members/0: " in err
    if "--data" not in arguments:
        assert reason in err
    # One that was trained elsewhere, and copied.
    assert shell(*train, "--run", tmp_path / "elsewhere")[0] == 0
    shutil.copytree(tmp_path / "elsewhere" / "members" / "1", moved)
    code, _, err = shell("gather", apart)
    assert code == 2
    assert f"{moved} is of another ensemble: " in err
    assert err.count(" --member ") == 1


def test_a_member_under_another_number_or_of_a_whole_run_is_refused(
    folder: Path, apart: Path, shell: Shell
) -> None:
    shutil.rmtree(apart / "members" / "1")
    shutil.copytree(apart / "members" / "2", apart / "members" / "1")
    assert f"{apart}/members/1 holds member 2 of its ensemble" in shell("gather", apart)[2]
    shutil.rmtree(apart / "members" / "1")
    shutil.copytree(folder / "whole" / "members" / "1", apart / "members" / "1")
    assert "members/1 is no member that `bnnc train --member` wrote" in shell("gather", apart)[2]


def test_wrong_use_is_refused_before_anything_is_trained(
    folder: Path, apart: Path, tmp_path: Path, shell: Shell
) -> None:
    spec = str(folder / "spec.yaml")
    new = tmp_path / "new"
    code, _, err = shell("train", spec, "--member", "3", "--run", new)
    assert code == 2
    assert "there is no member 3: the ensemble has 3, which are members 0 to 2" in err
    code, _, err = shell("train", spec, "--member", "0", "--set", "ensemble=null", "--run", new)
    assert code == 2
    assert "has no ensemble" in err
    assert "--set ensemble.members=5" in err
    code, _, err = shell("train", spec, "--member", "0", "--parallel", "2")
    assert code == 2
    code, _, err = shell("train", "--resume", apart, "--member", "0")
    assert code == 2
    assert "not gathered yet" in err
    code, _, err = shell("train", spec, "--parallel", "2", "--run", folder / "whole")
    assert code == 2
    assert "holds a run already" in err
    assert not new.exists()
    with FolderLock(apart / "members" / "0"):
        # The lock is this process's own, and so it is another's to `bnnc`.
        code, _, err = shell("gather", apart)
    assert code == 2
    assert "is being trained now" in err


def test_a_run_that_was_begun_as_a_whole_can_be_continued_by_members(
    folder: Path, tmp_path: Path, shell: Shell
) -> None:
    with training_processes(folder) as train:
        kill = ("print", "member 2/3  epoch 1/2", 1)
        arguments = ("spec.yaml", "--run", str(tmp_path / "run"))
        assert train(*arguments, kill=kill) == -signal.SIGKILL
    begun = tmp_path / "run"
    code, _, err = shell("gather", begun)
    assert code == 2
    assert f"bnnc train --resume {begun} --member 2" in err
    code, out, err = shell("train", "--resume", begun, "--parallel", "2")
    assert code == 0, err
    assert "members/0" not in err
    assert f"{begun}: 3 members." in out
    refuse_different(begun, folder / "whole")


def test_members_in_parallel_go_on_without_one_that_is_killed(
    folder: Path, tmp_path: Path, shell: Shell
) -> None:
    """The process of member 1 is killed when it is about to write its first epoch."""
    begun = tmp_path / "run"
    command = [sys.executable, "-m", "bnnc", "train", str(folder / "spec.yaml")]
    command += ["--parallel", "2", "--run", str(begun)]
    # Ends at once the process that is about to write the first epoch of member 1.
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "def end(event, details):\n"
        "    if event == 'os.rename' and str(details[1]).endswith('members/1/metrics.jsonl'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(end)\n"
    )
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    ended = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 3, ended.stderr
    assert "members/1 was ended by SIGKILL" in ended.stderr
    assert f"--run {begun} --parallel 2" in ended.stderr
    code, _out, err = shell(*command[3:])
    assert code == 0, err
    assert err.count("members/1  epoch") == EPOCHS
    assert "members/0" not in err
    refuse_different(begun, folder / "whole")


def test_an_interruption_ends_all_processes_and_says_how_to_resume(
    folder: Path, tmp_path: Path
) -> None:
    begun = tmp_path / "run"
    command = [sys.executable, "-m", "bnnc", "train", str(folder / "spec.yaml")]
    command += ["--parallel", "2", "--run", str(begun), "--epochs", "100000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "epoch" in line:
                break
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
    assert process.returncode == 130
    assert "interrupted; resume it with:" in err
    assert f"--epochs 100000 --run {begun} --parallel 2" in err
    for member in begun.glob("members/*"):
        with FolderLock(member):  # no process holds it any longer
            time.sleep(0)


def test_memory_limits_how_many_members_are_trained_at_once(
    folder: Path, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(parallel, "available_bytes", lambda: 3 * 2**29)
    monkeypatch.setattr(parallel._Processes, "run", lambda _, *arguments: asked.append(arguments))
    _, _, err = shell("train", folder / "spec.yaml", "--parallel", "3", "--run", tmp_path / "r")
    assert asked == [([0, 1, 2], 1)]
    assert "note: 1 of 3 members at once: each takes about 1 GiB, and 2 GiB are free" in err


def test_threads_are_named_as_tensorflow_reads_them() -> None:
    folder = Path(tf.sysconfig.get_lib())
    libraries = [
        *folder.glob("libtensorflow_framework.so.2"),
        *folder.glob("libtensorflow_cc.so.2"),
    ]
    for name in parallel.THREADS:
        found = []
        for one in libraries:
            with one.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
                found.append(data.find(name.encode()) >= 0)
        assert any(found), name


def test_equal_trainings_have_equal_identities() -> None:
    shared = {"spec": "a", "digest": "b", "rows": 1, "epochs": 1}
    assert identity_of(shared) == identity_of(dict(reversed(shared.items())))
    assert identity_of(shared) != identity_of({**shared, "rows": 2})


def test_the_manifests_on_the_site_run_every_member_once() -> None:
    """The Kubernetes Job has the fields of `batch/v1`, and the SLURM array is as long."""
    page = (Path(__file__).parents[2] / "docs" / "ensembles.md").read_text()
    texts = {block.title: block.text for block in blocks(page)}
    job = yaml.safe_load(texts["members-job.yaml"])
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    assert 0 < spec["parallelism"] <= spec["completions"]
    known = {"completionMode", "completions", "parallelism", "template", "backoffLimitPerIndex"}
    assert set(spec) == known
    pod = spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never"  # which a limit for each index asks for
    (container,) = pod["containers"]
    assert set(container) == {
        *("name", "image", "workingDir", "command", "env", "resources", "volumeMounts"),
    }
    assert all(isinstance(one["value"], str) for one in container["env"])
    assert '--member "$JOB_COMPLETION_INDEX"' in container["command"][-1]
    names = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == names
    array = texts["members.sbatch"]
    assert f"#SBATCH --array=0-{spec['completions'] - 1}" in array
    assert '--member "$SLURM_ARRAY_TASK_ID"' in array
