"""`--member`, `--parallel` and `--ray`: where and how the members of an ensemble are trained."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

import click

from bnnc.cli.member_request import Request


class Placement(Protocol):
    """Where and how the members of an ensemble are trained."""

    def train(self, request: Request) -> int:
        """Train what the command asks for. Returns: the exit code. Raises: UserError."""


def member_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options; the command's parameter is `placement`, None where none of them is given."""

    @click.option(
        "--member",
        type=click.IntRange(0, 999),
        metavar="N",
        help="Train member N of the ensemble alone, counted from 0, into RUN/members/N; the same"
        " command continues it. `bnnc gather` makes the ensemble.",
    )
    @click.option(
        "--parallel",
        type=click.IntRange(1, 1000),
        metavar="N",
        help="Train N members of the ensemble at once, each in a process of its own.",
    )
    @click.option(
        "--ray",
        is_flag=False,
        flag_value="",
        metavar="[ADDRESS]",
        help="Train the members as tasks of a Ray cluster; without ADDRESS of one on this machine.",
    )
    @functools.wraps(command)
    def wrapped(
        *args: Any, member: int | None, parallel: int | None, ray: str | None, **others: Any
    ) -> int:
        if sum(one is not None for one in (member, parallel, ray)) > 1:
            raise click.UsageError(
                "Say one of `--member`, which trains one member, and `--parallel` and `--ray`, which "
                "train all of them."
            )
        placement: Placement | None = None
        if member is not None:
            from bnnc.cli.members import OneMember

            placement = OneMember(member)
        elif parallel is not None:
            from bnnc.cli.parallel import Parallel

            placement = Parallel(parallel)
        elif ray is not None:
            from bnnc.cli.ray_cluster import OnRay

            placement = OnRay(ray)
        return command(*args, placement=placement, **others)

    return wrapped
