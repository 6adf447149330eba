"""Members on a Ray cluster of several node processes: one is killed, and the weights stay the same."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.specs import Spec
from tests.cli.test_commands import Shell, shell
from tests.cli.test_members import SPEC, refuse_different

__all__ = ["shell"]

pytest.importorskip("ray")


def test_a_node_that_is_killed_changes_no_weights(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    # Long enough that the node is killed while member 0 is trained on it.
    spec.write_text(SPEC.replace("epochs: 2}", "epochs: 30}"))
    assert run(["train", str(spec), "--run", str(tmp_path / "whole")]) == 0
    script = [sys.executable, "-m", "tests.cli.ray_nodes", str(spec), str(tmp_path / "run")]
    done = subprocess.run(
        script,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert "killed a node" in done.stdout, done.stdout
    assert "exit code 0" in done.stdout, done.stdout
    assert "members/0 after epoch" in done.stdout, "the member began anew"
    refuse_different(tmp_path / "run", tmp_path / "whole")


def test_without_ray_the_extra_is_named(
    tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "spec.yaml").write_text(SPEC)
    code, _, err = shell("train", "spec.yaml", "--run", "run", "--ray")
    assert code == 2
    assert "`--ray` needs Ray, which is not installed: `pip install 'bnnc[ray]'`" in err


def test_an_address_without_a_cluster_is_refused_at_once(tmp_path: Path, shell: Shell) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    with socket.socket() as free:  # bound, and not listening
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        code, _, err = shell("train", "spec.yaml", "--run", "run", f"--ray={address}")
    assert code == 3
    assert f"error: there is no Ray cluster at {address}: " in err
    assert not (tmp_path / "run" / "members").exists()


def test_a_larger_step_is_given_more_cores(tmp_path: Path) -> None:
    from bnnc.compiler.planning.member_cost import member_bytes, member_cores

    (tmp_path / "spec.yaml").write_text(SPEC)
    spec = bnnc.check(tmp_path / "spec.yaml").accepted()
    assert member_cores(spec) == 1
    text = SPEC.replace(
        "type: flatten", "type: conv2d, filters: 512, kernel_size: 8, padding: same"
    )
    large = text.replace("  - {type: dense", "  - {type: flatten}\n  - {type: dense")
    large = large.replace("training: {", "training: {batch_size: 1024, ")
    (tmp_path / "spec.yaml").write_text(large)
    wide: Spec = bnnc.check(tmp_path / "spec.yaml").accepted()
    assert member_cores(wide) == 2
    assert member_bytes(wide) > member_bytes(spec)
