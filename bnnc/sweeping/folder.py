"""The folder of a sweep: Optuna's journal, the runs of the trials, and the best as specs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bnnc.errors import OutputError, SweepError
from bnnc.sweeping.storage import JOURNAL, masked
from bnnc.system.locks import LOCK
from bnnc.system.reading import read_text
from bnnc.system.writing import write_text
from bnnc.version import VERSION

if TYPE_CHECKING:
    from bnnc.compiler.searching.check import CheckedSearch

ABOUT: Final = "sweep.json"
TRIALS: Final = "trials"
WORKERS: Final = "workers"
BEST: Final = "best.yaml"
FRONT: Final = "pareto"
_OURS: Final = frozenset(
    {ABOUT, TRIALS, WORKERS, BEST, FRONT, JOURNAL, f"{JOURNAL}.lock-file", LOCK}
)


class SweepFolder:
    """Where a sweep is.

    Attributes:
        folder: the folder.
        url: of the database that the trials are in; None where they are in the folder.
    """

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.url = url

    @property
    def study_name(self) -> str:
        """Optuna's name of the study: a database may hold many, a folder holds one."""
        return "sweep" if self.url is None else self.folder.absolute().name

    def make(self) -> None:
        """Make the folder. Raises: SweepError if something else is there; OutputError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            others = sorted({one.name for one in self.folder.iterdir()} - _OURS)
        except FileExistsError:
            raise SweepError(f"{self.folder} is a file; expected the folder of a sweep") from None
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written: {error.strerror}") from error
        if others and not (self.folder / ABOUT).is_file():
            raise SweepError(
                f"{self.folder} is a folder with other things in it, such as {others[0]}; name "
                "another one by `--sweep DIR`"
            )

    def describe(self, checked: CheckedSearch, about: dict[str, Any]) -> None:
        """Write what the sweep is of, for those who read it later. Raises: OutputError."""
        if (self.folder / ABOUT).is_file():
            return
        assert checked.search is not None
        said = {
            "bnnc": VERSION,
            "study": self.study_name,
            "storage": None if self.url is None else masked(self.url),
            "name": checked.base.accepted().name,
            "spec": checked.base.source.name,
            "search": checked.source.name,
            **{f"{name}_fingerprint": about[name] for name in ("spec", "search")},
            "objectives": dict(
                zip(checked.search.objectives, checked.search.directions, strict=True)
            ),
            "sampler": checked.search.sampler.type,
            "pruner": checked.search.pruning.type,
        }
        write_text(self.folder / ABOUT, json.dumps(said, indent=2) + "\n")


def is_sweep(folder: Path) -> bool:
    """Whether a folder is that of a sweep."""
    return (folder / ABOUT).is_file()


def read_about(folder: Path) -> dict[str, Any]:
    """What `SweepFolder.describe` wrote. Raises: SweepError."""
    try:
        said = json.loads(read_text(folder / ABOUT))
        objectives = said["objectives"]
        if not isinstance(objectives, dict) or not objectives:
            raise ValueError("it has no objectives")
    except FileNotFoundError:
        raise SweepError(f"{folder} is not the folder of a sweep: it has no {ABOUT}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SweepError(f"{folder / ABOUT} cannot be read: {error}") from error
    assert isinstance(said, dict)
    return said
