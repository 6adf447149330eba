"""Sums whose bits do not depend on when TensorFlow runs what.

`AddN` of three tensors or more begins with the first one whose buffer nothing else still needs.
Where a term has another consumer, that depends on the threads, and so does the order of the
additions, also under `enable_op_determinism`. Grappler turns chains of additions into `AddN`, so
that writing `a + b + c` does not help.
"""

from collections.abc import Sequence
from functools import reduce

import tensorflow as tf


def ordered_sum(terms: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return the sum of tensors of one static shape, added from the first to the last."""
    shape = terms[0].shape
    # Grappler merges an addition with those before and behind it, but not across this operation,
    # which costs nothing.
    whole = [tf.ensure_shape(term, shape) for term in terms]
    return reduce(lambda total, term: tf.ensure_shape(total + term, shape), whole)
