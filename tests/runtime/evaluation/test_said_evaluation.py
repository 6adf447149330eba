"""What the `evaluation` section asks for is what `program.evaluate` measures."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import bnnc
from bnnc.runtime.evaluation.corruptions import CORRUPTIONS
from bnnc.runtime.program import Program
from bnnc.specs.evaluation import CorruptionName, Evaluation
from tests.support.tiny_program import SHAPE, arrays, document

SAID = {"ood": ["other.npz"], "shift": ["blur"], "bootstrap": 20}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A program whose spec asks for images of another kind, in a folder of its own."""
    folder = tmp_path_factory.mktemp("said")
    noise = np.random.default_rng(0).uniform(0, 16, (9, *SHAPE)).astype(np.float32)
    np.savez(folder / "other.npz", x_test=noise)
    program = bnnc.compile({**document("flipout"), "evaluation": SAID}, folder=folder)
    program.fit(*arrays(20), epochs=1, verbose=0)
    return program


def test_the_language_names_the_corruptions_that_there_are() -> None:
    assert set(get_args(CorruptionName)) == set(CORRUPTIONS)
    for name in ("all", *CORRUPTIONS):
        assert Evaluation(shift=name).shift == name  # type: ignore[arg-type]


def test_the_section_says_what_is_measured(said: Program) -> None:
    images, labels = arrays(12)
    folder = said.folder
    assert folder is not None
    found = said.evaluate(images, labels, samples=2)
    same = said.evaluate(
        *(images, labels),
        samples=2,
        ood={"other.npz": folder / "other.npz"},
        shift="blur",
        bootstrap=20,
    )
    assert set(found.ood) == {"other.npz"}
    assert found.ood == same.ood
    assert set(found.shift) == {"blur"}
    assert found.shift == same.shift
    assert found.standard_errors == same.standard_errors


def test_arguments_count_over_the_section(said: Program) -> None:
    found = said.evaluate(*arrays(12), samples=2, ood=(), shift=False, bootstrap=0)
    assert (found.ood, found.shift) == ({}, {})
    assert found.standard_errors == {}


def test_a_source_that_is_not_there_is_refused_by_its_path(said: Program, tmp_path: Path) -> None:
    moved = bnnc.compile(said.spec, folder=tmp_path)
    with pytest.raises(bnnc.DataError, match=r"other\.npz"):
        moved.evaluate(*arrays(12), samples=2)
