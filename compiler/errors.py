"""A broken invariant: a bug in bnnc, never something that a user wrote."""


class InternalError(Exception):
    """What can't be has happened."""
