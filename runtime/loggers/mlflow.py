"""MLflow: the tracking server, or the database, that its environment variables name."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bnnc.runtime.loggers.logger import TITLES, Logger, Status, errors_of, identity_of

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from bnnc.runtime.program import Program

_TAG = "bnnc.run"
_STATUS = {"finished": "FINISHED", "failed": "FAILED", "killed": "KILLED"}
_MAX_PARAMETERS = 100  # of one call
# Of the first request, unless the user's environment says otherwise. By default a closed port is
# tried for four minutes, which is right for a server that is lost in the middle of a training.
_FIRST_REQUEST = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}


class MlflowLogger(Logger):
    """One run of MLflow, in the experiment of the spec's name; members are its nested runs.

    `MLFLOW_TRACKING_URI` and `MLFLOW_EXPERIMENT_NAME` say where, as for every use of MLflow. The run
    is found again by the tag `bnnc.run`.
    """

    title = TITLES["mlflow"]

    def __init__(self, folder: Path, program: Program, text: str) -> None:
        self._identity = identity_of(program)
        self._members = len(program.members)
        self._epochs = max(model.epochs_done for model in program.models)
        with errors_of(self.title):
            import mlflow
            from mlflow.keras import MlflowCallback

            self._callback = MlflowCallback
            with _in_environment(_FIRST_REQUEST):
                mlflow.search_experiments(max_results=1)
            self._experiment = _experiment(program.spec.name)
            self._run = self._begun(folder.name, self._identity)
            begun = self._run.data.params
            values = {
                name: value for name, value in _flat(program.spec.canonical()) if name not in begun
            }
            for first in range(0, len(values), _MAX_PARAMETERS):
                mlflow.log_params(dict(list(values.items())[first : first + _MAX_PARAMETERS]))
            mlflow.log_text(text, "spec.yaml")
            self.place = f"{mlflow.get_tracking_uri()}, run {self._run.info.run_name}"

    def _begun(self, name: str, identity: str, *, nested: bool = False) -> Any:
        """The run with an identity, made active; a new one if there is none."""
        import mlflow

        found = mlflow.search_runs(
            experiment_ids=None if self._experiment is None else [self._experiment],
            filter_string=f"tags.`{_TAG}` = '{identity}'",
            output_format="list",
            max_results=1,
        )
        if found:
            return mlflow.start_run(run_id=found[0].info.run_id, nested=nested)
        return mlflow.start_run(
            experiment_id=self._experiment, run_name=name, nested=nested, tags={_TAG: identity}
        )

    @contextmanager
    def member(self, number: int) -> Iterator[keras.callbacks.Callback]:
        """MLflow's callback: metrics of each epoch, the optimizer, the summary of the model."""
        import mlflow

        if self._members == 1:
            yield self._callback()
            return
        with errors_of(self.title):
            self._begun(f"member-{number + 1}", f"{self._identity}-{number}", nested=True)
        try:
            yield self._callback()
        finally:
            mlflow.end_run()

    def values(self, values: Mapping[str, float]) -> None:
        """Log metrics under `test/`, at the last epoch."""
        import mlflow

        with errors_of(self.title):
            logged = {f"test/{name}": value for name, value in values.items()}
            mlflow.log_metrics(logged, step=self._epochs)

    def image(self, name: str, png: bytes) -> None:
        """Log an image as an artifact in `figures`."""
        import mlflow
        from PIL import Image

        with errors_of(self.title):
            mlflow.log_image(Image.open(io.BytesIO(png)), artifact_file=f"figures/{name}.png")

    def close(self, status: Status) -> None:
        """Wait for what is being sent, and end the run."""
        import mlflow

        mlflow.end_run(_STATUS[status])


def _experiment(name: str) -> str | None:
    """The experiment of a name; None where the user's environment or script chose one.

    `mlflow.set_experiment` is not called for it: that would choose one for all later runs too.
    """
    import mlflow

    if {"MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"} & set(os.environ):
        return None
    found = mlflow.get_experiment_by_name(name)
    return str(mlflow.create_experiment(name) if found is None else found.experiment_id)


@contextmanager
def _in_environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables that are not set."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


@contextmanager
def autologging() -> Iterator[list[keras.callbacks.Callback]]:
    """MLflow's callback, where `mlflow.keras.autolog()` was called; otherwise none.

    MLflow patches `keras.Model.fit`, which a program does not call. As there, metrics go to the
    active run, or to a new one.
    """
    if "mlflow.keras" not in sys.modules:
        yield []
        return
    import mlflow
    from mlflow.keras import MlflowCallback
    from mlflow.utils.autologging_utils import autologging_is_disabled

    if autologging_is_disabled("keras"):
        yield []
    elif mlflow.active_run() is not None:
        yield [MlflowCallback()]
    else:
        with mlflow.start_run():
            yield [MlflowCallback()]


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The values of nested mappings by their paths, as `--set` has them."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif value is not None:
            yield f"{above}{name}", value
