"""Derive the seeds of members and layers from the seed of the spec."""

import hashlib


def layer_seed(seed: int, layer_name: str) -> int:
    """Return the seed of one layer: 31 bits that depend on the model's seed and the name alone."""
    digest = hashlib.sha256(f"{seed}/{layer_name}".encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF


def member_seed(seed: int, member: int) -> int:
    """Return the seed of a member of an ensemble, counted from 0: 31 bits.

    The first member has the seed of the spec: it is the model that the spec has without an
    ensemble. The others are hashed, so that ensembles of neighbouring seeds share no member. More
    members begin with the same ones.
    """
    # A layer's name has no dots: no member shares its seed with a layer.
    return seed if member == 0 else layer_seed(seed, f"member.{member}")
