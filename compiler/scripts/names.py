"""Canonical names of what scripts import: one name for each class, however it is imported."""

from __future__ import annotations

from collections.abc import Sequence

# A module's name in an import, and its canonical name. The longest that fits counts.
_MODULES = {
    "tensorflow.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tf_keras": "keras",
    "keras": "keras",
    "tensorflow_probability.python": "tfp",
    "tensorflow_probability": "tfp",
    "tensorflow.compat.v2": "tf",
    "tensorflow": "tf",
    "numpy": "np",
}
# Submodules that are another way to the same names.
_SAME = (
    ("tf.keras.", "keras."),
    ("tf.initializers.", "keras.initializers."),
    ("tf.losses.", "keras.losses."),
    ("tf.optimizers.", "keras.optimizers."),
    ("keras.src.", "keras."),
    ("keras.api.", "keras."),
    ("keras.optimizers.legacy.", "keras.optimizers."),
    ("keras.optimizers.experimental.", "keras.optimizers."),
    ("keras.layers.experimental.preprocessing.", "keras.layers."),
    ("keras.engine.", "keras."),
    ("keras.models.Sequential", "keras.Sequential"),
    ("keras.models.Model", "keras.Model"),
    ("keras.engine.training.Model", "keras.Model"),
    ("keras.layers.Input", "keras.Input"),
    ("keras.backend.", "keras.ops."),
    ("keras.utils.np_utils.", "keras.utils."),
)

# Names that modules of Keras export, which several `from module import *` tell apart.
_EXPORTED = {
    "keras.models": frozenset({"Sequential", "Model", "load_model", "clone_model"}),
    "keras.optimizers": frozenset(
        {
            *("Adam", "AdamW", "Nadam", "Adamax", "Lion", "RMSprop", "Adagrad", "Adadelta"),
            *("SGD", "Ftrl"),
        }
    ),
    "keras.datasets": frozenset({"mnist", "fashion_mnist", "cifar10", "cifar100"}),
    "keras.utils": frozenset({"to_categorical", "plot_model", "set_random_seed"}),
    "keras.callbacks": frozenset(
        {"EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau", "LearningRateScheduler"}
    ),
}

OTHER_LIBRARIES = {
    "bayesian_torch": "bayesian-torch",
    "blitz": "blitz",
    "torchbnn": "torchbnn",
    "pyro": "Pyro",
    "numpyro": "NumPyro",
    "torch": "PyTorch",
    "jax": "JAX",
    "flax": "Flax",
}
"""Packages of other libraries and their names, those for Bayesian networks first."""


def of_module(name: str) -> str:
    """The canonical name of a module."""
    for known in sorted(_MODULES, key=len, reverse=True):
        if name == known or name.startswith(f"{known}."):
            return canonical(_MODULES[known] + name[len(known) :])
    return name


def of_star(stars: Sequence[str], name: str) -> str:
    """The canonical name of one that `from module import *` gives, of the modules in order."""
    for module in reversed(stars):
        if name in _EXPORTED.get(module, ()):
            return canonical(f"{module}.{name}")
    others = [one for one in stars if one not in _EXPORTED]
    return canonical(f"{(others or stars)[-1]}.{name}")


def canonical(name: str) -> str:
    """The canonical form of a dotted name."""
    for old, new in _SAME:
        if name == old.rstrip("."):
            name = new.rstrip(".")
        elif old.endswith(".") and name.startswith(old):
            name = new + name[len(old) :]
        elif name == old:
            name = new
    return name
