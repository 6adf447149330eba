"""Specs made at random: right ones over the whole language, and wrong ones.

`random_spec` and `wrong_spec` take a `random.Random`, so that a seed names a spec for good. The
strategies `specs` and `wrong_specs` are the same for hypothesis, which makes a failing one small.
`covering_specs` are as few right ones as have every layer type, method, output and so on.

One file a section; `layers.py` has one function a layer type.
"""

from tests.generated.covering import covering_specs, kinds
from tests.generated.document import Document
from tests.generated.layers import layers_within, section, windowed_layer
from tests.generated.spec import DESCRIPTIONS, random_spec, specs
from tests.generated.training import OPTIMIZERS, SCHEDULES, optimizer, schedule
from tests.generated.wrong import random_json, wrong_spec, wrong_specs

__all__ = [
    "DESCRIPTIONS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Document",
    "covering_specs",
    "kinds",
    "layers_within",
    "optimizer",
    "random_json",
    "random_spec",
    "schedule",
    "section",
    "specs",
    "windowed_layer",
    "wrong_spec",
    "wrong_specs",
]
