"""`import bnnc` is all that `keras.saving.load_model` needs to load a saved program."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import pytest

import bnnc.runtime
from bnnc.keras_hook import register_when_keras_is_imported
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.prediction.prediction import Predictor
from tests.laws.test_interruptions import CASES, made_of
from tests.support.tiny_program import arrays, program

# In a fresh process, with no more of bnnc than its name until the models are loaded.
RUN = """
import json, sys
import bnnc
assert "keras" not in sys.modules
import keras
import numpy as np

folder, names, images = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
models = {name: keras.saving.load_model(f"{folder}/{name}.keras") for name in names}
for name, model in models.items():
    variables = [*model.variables, *model.optimizer.variables]
    np.savez(f"{folder}/{name}.npz", *[np.asarray(one.numpy(), "float64") for one in variables])

from bnnc.runtime.prediction.prediction import Predictor

predicted = Predictor(models["flipout"]).predict(np.array(images, "float32"), 4, 7)
received = {
    "configs": {name: model.get_config() for name, model in models.items()},
    "compiled": {name: model.get_compile_config() for name, model in models.items()},
    "probs": predicted.probs.tolist(),
    "registered": [one for one in keras.saving.get_custom_objects() if one.startswith("bnnc>")],
}
# One batch of all rows under one draw of the weights: their order does not matter.
rows = (np.array(one, kind) for one, kind in zip(json.loads(sys.argv[4]), ("float32", "int32")))
trained = models["going on"].fit(*rows, batch_size=20, verbose=0)
print(json.dumps({**received, "loss": trained.history["loss"]}))
"""


def values(model: BayesianModel) -> list[npt.NDArray[np.float64]]:
    return [np.array(one, np.float64) for one in (*model.variables, *model.optimizer.variables)]


def plain(value: object) -> object:
    return json.loads(json.dumps(value))


def registered() -> set[str]:
    """The names of all of bnnc's classes that a saved model may have."""
    for module in pkgutil.walk_packages(bnnc.runtime.__path__, "bnnc.runtime."):
        importlib.import_module(module.name)
    return {name for name in keras.saving.get_custom_objects() if name.startswith("bnnc>")}


def test_a_fresh_process_loads_programs_after_import_bnnc_and_goes_on_with_the_same_noise(
    tmp_path: Path,
) -> None:
    averaged = CASES["averages, half an accumulation, draws, cycles, a sampled KL"]
    made = {
        "flipout": program("flipout"),
        "sngp": program("sngp"),
        "averaged": made_of(averaged),
        "decaying": made_of(CASES["an exponential decay"]),
        "going on": program("reparameterization"),
    }
    for name in ("flipout", "going on"):
        made[name].model.run_eagerly = True
        made[name].model.fit(*arrays(20), batch_size=8, verbose=0)
    for name, one in made.items():
        one.model.save(tmp_path / f"{name}.keras")
    images = arrays(5, seed=1)[0]
    rows = [one.tolist() for one in arrays(20)]
    given = [str(tmp_path), *(json.dumps(one) for one in (list(made), images.tolist(), rows))]
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *given],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    received = json.loads(ended.stdout.splitlines()[-1])
    for name, one in made.items():
        assert received["configs"][name] == plain(one.model.get_config()), name
        assert received["compiled"][name] == plain(one.model.get_compile_config()), name
        with np.load(tmp_path / f"{name}.npz") as loaded:
            for ours, theirs in zip(values(one.model), loaded.values(), strict=True):
                np.testing.assert_array_equal(ours, theirs, err_msg=name)
    predicted = Predictor(made["flipout"].model).predict(images, 4, 7)
    np.testing.assert_allclose(received["probs"], predicted.probs, rtol=1e-6)
    assert set(received["registered"]) == registered()
    going_on = made["going on"].model.fit(*arrays(20), batch_size=20, verbose=0)
    assert received["loss"] == pytest.approx(going_on.history["loss"], rel=1e-5)


def test_keras_may_be_imported_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = program("flipout")
    made.model.save(tmp_path / "model.keras")
    monkeypatch.delitem(keras.saving.get_custom_objects(), "bnnc>BayesianModel")
    with pytest.raises(TypeError, match="Could not locate class 'BayesianModel'"):
        keras.saving.load_model(tmp_path / "model.keras")
    finders = list(sys.meta_path)
    register_when_keras_is_imported()
    assert sys.meta_path == finders
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded, BayesianModel)


def test_importing_anything_else_is_left_alone() -> None:
    code = "import bnnc, sys, importlib, importlib.util as u; importlib.reload(bnnc); "
    code += "importlib.reload(bnnc.keras_hook); importlib.reload(bnnc); assert u.find_spec('keras') is not None; "
    code += "assert u.find_spec('nosuch') is None; import json; import numpy; "
    code += "assert 'keras' not in sys.modules"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_fresh_process_knows_every_class_before_it_loads_a_run() -> None:
    code = "import keras, bnnc.runtime.artifacts as a, pathlib; p = pathlib.Path('nosuch.keras')\n"
    code += "a.refuse_missing_model = lambda path: None\n"
    code += "try:\n    a.load_model(p)\nexcept Exception:\n    pass\n"
    code += "print(*[one for one in keras.saving.get_custom_objects() if one.startswith('bnnc>')])"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert set(ended.stdout.split()) == registered()
