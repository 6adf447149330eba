"""What the training of one member of an ensemble takes of a machine."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from bnnc.compiler.planning.make_plan import make_plan
from bnnc.specs import Spec
from bnnc.specs.sources import DataFacts

# Resident memory of a process that has imported TensorFlow and traced a small network.
_PROCESS_BYTES = 2**30
# Multiply-adds of a step, forward: LeNet-5 has 0.08e9, the ResNet of the gallery 2.6e9.
_OF_A_CORE = 10**9


def member_bytes(spec: Spec, facts: DataFacts | None = None) -> int:
    """Estimate of the memory of a process that trains one member.

    The process itself, a training step, and the rows of the data, which each process holds; those
    of images that are streamed, or whose number is not known, are left out.
    """
    plan = replace(make_plan(spec, facts), members=1)
    streams = spec.data is not None and bool(spec.data.streaming)
    rows = 0 if streams or plan.rows is None else plan.rows
    number = 1 if facts is None or facts.dtype in (None, "uint8") else 4
    return _PROCESS_BYTES + plan.training_bytes + rows * prod(spec.input.shape) * number


def member_cores(spec: Spec) -> int:
    """Cores that a process that trains one member can use: 1 to 4, by the work of a step.

    A step of a small network waits for its operations one by one, and more cores do not shorten it.
    """
    plan = make_plan(spec)
    return min(max(plan.multiply_adds * plan.batch_size // _OF_A_CORE, 1), 4)
