"""The `training` section at random: optimizers and schedules by name too."""

from functools import partial
from random import Random
from typing import Any, get_args

from bnnc.specs.schedules import Schedule
from bnnc.specs.training import Precision, Training
from tests.generated.bayesian import MOST_MEMBERS
from tests.generated.document import Document, branches, sometimes

PRECISIONS: tuple[str, ...] = get_args(Precision)
OPTIMIZERS = branches(Training.model_fields["optimizer"].annotation)
SCHEDULES = branches(get_args(Schedule)[0])


def training_section(random: Random) -> Document:
    """A right section, short enough to be run."""
    section: Document = {}
    epochs = random.randint(1, 3)
    sometimes(random, section, "optimizer", lambda: optimizer(random, epochs), share=0.8)
    # Batch normalization of a single row is refused.
    sometimes(random, section, "batch_size", lambda: random.randint(MOST_MEMBERS, 8))
    section["epochs"] = epochs
    sometimes(random, section, "samples", lambda: random.choice([1, 2, 3]), share=0.3)
    multiplier = "posterior_scale_learning_rate_multiplier"
    sometimes(random, section, multiplier, lambda: random.choice([1, 0.1, 10.0]), share=0.3)
    stopping: Document = {"patience": random.randint(0, 3)}
    sometimes(random, stopping, "min_delta", lambda: random.choice([0, 0.01]))
    sometimes(random, stopping, "start_from_epoch", lambda: random.randint(0, 2))
    sometimes(random, stopping, "restore_best_weights", lambda: random.random() < 0.5)
    sometimes(random, section, "early_stopping", lambda: random.choice([None, stopping]), 0.3)
    sometimes(random, section, "seed", lambda: random.choice([0, 7, 2**31 - 1]))
    sometimes(random, section, "precision", lambda: random.choice(PRECISIONS))
    return section


# Values of every argument that an optimizer has of its own.
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "beta_1": (1e-3, 0.8),
    "beta_2": (0.99, 0.999),
    "epsilon": (1e-5,),
    "amsgrad": (True, False),
    "rho": (0.5, 0.9),
    "momentum": (0.0, 0.9),
    "nesterov": (True, False),
    "centered": (True, False),
    "initial_accumulator_value": (0, 0.1),
    "weight_decay": (0, 0.01),
}


def optimizer(random: Random, epochs: int, kind: str | None = None) -> Document:
    """An optimizer by name, any of the language's if none is said, with arguments at random."""
    kind = kind or random.choice(sorted(OPTIMIZERS))
    section: Document = {"type": kind}
    rates = [0.01, 1e-5, schedule(random, epochs)]
    sometimes(random, section, "learning_rate", lambda: random.choice(rates))
    for name, values in _ARGUMENTS.items():
        if name in OPTIMIZERS[kind].model_fields:
            sometimes(random, section, name, partial(random.choice, values), share=0.4)
    clipping = random.choice(["clipnorm", "global_clipnorm", "clipvalue"])
    sometimes(random, section, clipping, lambda: random.choice([0.01, 1, None]), share=0.3)
    if random.random() < 0.2:
        section["gradient_accumulation_steps"] = random.randint(1, 3)
    if random.random() < 0.3:
        section["use_ema"] = random.random() < 0.7
        sometimes(random, section, "ema_momentum", lambda: random.choice([0, 0.5, 0.99]))
    return section


def schedule(random: Random, epochs: int, kind: str | None = None) -> Document:
    """A schedule by name, any of the language's if none is said, with arguments at random."""
    kind = kind or random.choice(sorted(SCHEDULES))
    section: Document = {"type": kind, "initial_learning_rate": 0.01}
    if kind == "cosine_decay":
        sometimes(random, section, "alpha", lambda: random.choice([0, 0.1, 1]))
        if random.random() < 0.4:
            section |= {"warmup_target": 0.02, "warmup_epochs": random.choice([0.5, epochs / 2])}
            section["initial_learning_rate"] = random.choice([0, 0.001])
    elif kind == "exponential_decay":
        section["decay_rate"] = random.choice([0.5, 0.99, 1.5])
        sometimes(random, section, "decay_epochs", lambda: random.choice([0.5, 1]))
        sometimes(random, section, "staircase", lambda: random.random() < 0.5)
    elif kind == "polynomial_decay":
        sometimes(random, section, "end_learning_rate", lambda: random.choice([0, 0.1]))
        sometimes(random, section, "power", lambda: random.choice([1, 0.5, 2]))
        sometimes(random, section, "decay_epochs", lambda: random.choice([None, 0.5, epochs]))
        sometimes(random, section, "cycle", lambda: random.random() < 0.5)
    else:
        count = random.randint(1, 3)
        del section["initial_learning_rate"]
        section["boundaries"] = [(one + 1) * epochs / (count + 1) for one in range(count)]
        section["values"] = [random.choice([0.1, 0.01, 0.001]) for _ in range(count + 1)]
    return section
