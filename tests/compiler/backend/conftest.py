"""Generated specs, compiled once for all tests of this folder."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import bnnc
from bnnc.compiler.pipeline import plan
from bnnc.compiler.planning.plan import Plan
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.program import Program
from bnnc.specs.outputs import OutputSection
from tests.generated import Document, covering_specs

# A prime, and more than there are classes: no labels are balanced. Where a spec normalises all that
# it reads away, the gradient of balanced ones is 0, and a step changes nothing.
ROWS = 7


@dataclass(frozen=True)
class Compiled:
    """A document, its plan, the program that it compiles to, and the KL before anyone trains it."""

    document: Document
    plan: Plan
    program: Program
    kl: float

    def __str__(self) -> str:
        """The document, for the message of a failed assertion."""
        return json.dumps(self.document)

    @property
    def model(self) -> BayesianModel:
        """The model, or the first of an ensemble's."""
        return self.program.models[0]

    def batch(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Seven images at random within the value range, and labels as the spec encodes them."""
        return random_batch(self.program)


def random_batch(program: Program) -> tuple[tf.Tensor, tf.Tensor]:
    """Seven images at random within the value range, and labels as the spec encodes them."""
    generator = np.random.default_rng(program.spec.training.seed)
    shape = (ROWS, *program.spec.input.shape)
    images = generator.uniform(*program.spec.input.value_range, shape).astype(np.float32)
    labels = random_labels(program.spec.output, generator)
    return tf.constant(images), tf.constant(labels)


def random_labels(output: OutputSection, generator: np.random.Generator) -> Any:
    """Labels of the kind that an output section says, at random in the distribution's support."""
    columns = output.width
    classes = int(getattr(output, "classes", 2))
    indices = generator.integers(0, classes, ROWS)
    match output.labels:
        case "integer":
            return indices.astype(np.int32)
        case "one_hot":
            return np.eye(classes, dtype=np.float32)[indices]
        case "binary":
            return indices.astype(np.float32)
        case "multi_hot":
            return generator.integers(0, 2, (ROWS, columns)).astype(np.float32)
        case "soft":
            return generator.dirichlet(np.ones(columns), ROWS).astype(np.float32)
        case "count":
            return generator.integers(0, 9, ROWS).astype(np.float32)
    size = int(getattr(output, "event_size", 1))
    return generator.normal(size=ROWS if size == 1 else (ROWS, size)).astype(np.float32)


def compile_document(document: Document) -> Compiled:
    """Check, plan and build."""
    report = bnnc.check(document)
    program = bnnc.compile(document)
    return Compiled(document, plan(report), program, float(program.models[0].kl_divergence()))


@pytest.fixture(scope="session")
def compiled_specs(request: pytest.FixtureRequest) -> list[Compiled]:
    """As many generated specs as `--specs` says; of 40, every kind occurs in one."""
    count = request.config.getoption("--specs")
    return [compile_document(document) for document in covering_specs(count)]
