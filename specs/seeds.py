"""Seeds of the layers, from the seed of the model."""

import hashlib


def layer_seed(seed: int, layer_name: str) -> int:
    """Return the seed of one layer: 31 bits that depend on the model's seed and the name alone."""
    digest = hashlib.sha256(f"{seed}/{layer_name}".encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF
