"""The `data` and `prediction` sections."""

from typing import Annotated

from pydantic import Field

from bnnc.specs.section import Section

ClassName = Annotated[str, Field(min_length=1, max_length=255)]


class Data(Section):
    """The data of `bnnc train`, unless `--data` is given."""

    source: str = Field(
        min_length=1,
        max_length=4096,
        description=(
            "`digits`, `fashion-mnist`, `mnist`, `cifar10`, `cifar100`, or a path, relative to "
            "the spec: a folder of IDX files; an .npz file with x_train and y_train, and optionally "
            "x_val, y_val, x_test and y_test; or a folder with one subfolder of images a class, or "
            "with such subfolders in train/ and, optionally, val/ and test/."
        ),
    )
    validation_split: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description=(
            "Share of the training rows that is held out for validation; 0 where the data has "
            "validation images of its own."
        ),
    )
    classes: list[ClassName] | None = Field(
        default=None,
        min_length=2,
        max_length=65_536,
        description=(
            "The names of the classes in the order of their indices. Of a folder, they are exactly "
            "the names of its class folders; without them, these are sorted by value if all are "
            "numbers, otherwise as text. Of other data, they name the indices of its labels."
        ),
    )


class Prediction(Section):
    """How predictions are made."""

    samples: int = Field(
        default=32,
        ge=1,
        le=1_000_000,
        description="Weight draws that the predictive probabilities are averaged over.",
    )
