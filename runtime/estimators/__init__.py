"""Gradient estimators, one file each; all files of this folder are imported."""

import importlib
import pkgutil

import tensorflow as tf

from bnnc.runtime.estimators.estimator import ESTIMATORS, Estimator, KernelLayer, estimator
from bnnc.runtime.noise import Kind

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = [
    "ESTIMATORS",
    "Estimator",
    "KernelLayer",
    "check_estimator",
    "estimator",
    "estimator_for",
]


def estimator_for(name: str, kind: Kind, layer: KernelLayer, inputs: tf.Tensor) -> Estimator:
    """Return the estimator that gives the noise of this kind.

    A prediction (kind `"weights"`) wants one draw of the weights for all images. That changes
    nothing but the gradient where a method's outputs are those of a weight draw anyway, or where
    an example meets the kernel at one position only, so that its outputs are independent in
    both. Local reparameterization of a convolution is neither: it ignores that positions share
    one kernel, a model trained so is calibrated for that noise, and so it keeps it.
    """
    chosen = ESTIMATORS[name]
    if kind == "weights" and (chosen.is_weight_draw or not layer.positions_share_kernel(inputs)):
        return ESTIMATORS["reparameterization"]
    return chosen


def check_estimator(name: object) -> str:
    """Return `name` if an estimator is registered under it.

    Raises: ValueError, listing the names there are.
    """
    if not isinstance(name, str) or name not in ESTIMATORS:
        known = ", ".join(repr(known) for known in sorted(ESTIMATORS))
        raise ValueError(f"Expected `estimator` to be one of {known}. Received: estimator={name!r}")
    return name
