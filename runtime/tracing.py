"""Traced functions that belong to one model.

TensorFlow warns of a `tf.function` that is traced again on most of its calls. It tells functions
apart by their lines, and so takes those of several models, such as the members of an ensemble, for
one that is traced for each of them.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import tensorflow as tf

from bnnc.runtime.keras_settings import keras_defaults


class Graph:
    """A function of tensors, traced on its first call and never again."""

    def __init__(self, function: Callable[..., Any], *signature: tf.TensorSpec) -> None:
        self._function = tf.function(function, input_signature=signature, autograph=False)

    @cached_property
    def traced(self) -> Any:
        """The graph, as a function that is called with tensors."""
        with keras_defaults():
            return self._function.get_concrete_function()

    def __call__(self, *tensors: tf.Tensor) -> Any:
        """Run the graph."""
        return self.traced(*tensors)


@contextmanager
def suppress_retracing_warning() -> Iterator[None]:
    """Keep TensorFlow from that warning, around functions that are traced once for each model."""
    logger = tf.get_logger()
    logger.addFilter(_is_no_warning_of_tracing)
    try:
        yield
    finally:
        logger.removeFilter(_is_no_warning_of_tracing)


def _is_no_warning_of_tracing(record: logging.LogRecord) -> bool:
    return "triggered tf.function retracing" not in record.getMessage()
