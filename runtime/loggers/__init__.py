"""Experiment loggers: TensorBoard, MLflow and Weights & Biases, by their own Keras callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnnc.runtime.loggers.logger import TITLES, Logger, LoggerName, Status, require_logger

if TYPE_CHECKING:
    from pathlib import Path

    from bnnc.runtime.program import Program


def open_logger(name: LoggerName, folder: Path, program: Program, text: str) -> Logger:
    """Open what a logger has of a run, or begin it.

    Args:
        name: of the logger.
        folder: the run folder.
        program: its program. What was logged of the same run before is continued.
        text: the spec, in YAML.

    Raises: MissingExtraError; LoggingError if the logger cannot be reached, or refuses.
    """
    require_logger(name)
    return _class_of(name)(folder, program, text)


def _class_of(name: LoggerName) -> type[Logger]:
    if name == "tensorboard":
        from bnnc.runtime.loggers.tensorboard import TensorBoardLogger

        return TensorBoardLogger
    if name == "mlflow":
        from bnnc.runtime.loggers.mlflow import MlflowLogger

        return MlflowLogger
    from bnnc.runtime.loggers.wandb import WandbLogger

    return WandbLogger


__all__ = ["TITLES", "Logger", "LoggerName", "Status", "open_logger", "require_logger"]
