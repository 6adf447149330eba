"""What a spec is that writes nothing but what it must: it has no findings, whatever the method."""

import json
from typing import Any

import pytest

from bnnc.compiler.pipeline import check
from bnnc.compiler.text.source import Source
from bnnc.specs.methods import METHODS, NAMES

DATA: dict[str, dict[str, Any]] = {
    "digits": {"shape": [8, 8, 1], "value_range": [0, 16]},
    "fashion-mnist": {"shape": [28, 28, 1]},
}


def document(source: str, method: str | None) -> dict[str, Any]:
    """A small convolutional network of ten classes."""
    section: dict[str, Any] = {} if method is None else {"bayesian": {"method": method}}
    if method is not None and METHODS[method].last_layer_only:
        section["bayesian"]["layers"] = "last"
    dropout = [{"type": "dropout", "rate": 0.2}] if (method or "").endswith("dropout") else []
    return {
        "bnnc": 1,
        "name": "required",
        "input": DATA[source],
        "layers": [
            {"type": "conv2d", "filters": 32, "kernel_size": 3, "activation": "relu"},
            {"type": "max_pooling2d"},
            {"type": "conv2d", "filters": 64, "kernel_size": 3, "activation": "relu"},
            {"type": "flatten"},
            *dropout,
            {"type": "dense", "units": 128, "activation": "relu"},
            {"type": "dense", "units": 10},
        ],
        **section,
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "data": {"source": source},
    }


@pytest.mark.parametrize("source", DATA)
@pytest.mark.parametrize("method", [None, *NAMES])
def test_a_spec_of_required_keys_alone_has_no_findings(source: str, method: str | None) -> None:
    report = check(Source("required.json", json.dumps(document(source, method))))
    # Of convolutions under local reparameterization the method itself is warned of, not a default.
    expected = ["BNN421"] if method == "local_reparameterization" else []
    assert [one.code for one in report.diagnostics] == expected


@pytest.mark.parametrize("method", NAMES)
def test_the_default_prior_is_that_of_the_method_and_stays_when_it_is_written_out(
    method: str,
) -> None:
    spec = check(Source("required.json", json.dumps(document("digits", method)))).accepted()
    assert spec.bayesian.prior.model_dump() == {
        "distribution": "normal",
        "scale": METHODS[method].default_prior_scale,
        "loc": 0.0,
    }
    again = type(spec).from_json(spec.model_dump_json())
    assert again.fingerprint() == spec.fingerprint()


def test_rules_see_the_default_prior_of_the_method_beside_errors_of_the_section() -> None:
    broken = document("digits", "flipout")
    broken["bayesian"]["posterior"] = {"initial_scale": "wide"}
    found = check(Source("broken.json", json.dumps(broken))).diagnostics
    assert [one.code for one in found] == ["BNN105"]
