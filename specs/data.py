"""The `data` and `prediction` sections."""

from pydantic import Field

from bnnc.specs.section import Section


class Data(Section):
    """What `bnnc train` trains on unless `--data` says otherwise."""

    source: str = Field(
        min_length=1,
        max_length=4096,
        description=(
            "`digits`, `fashion-mnist`, `mnist`, `cifar10`, `cifar100`, or a path, relative to "
            "the spec: a folder of IDX files; an .npz file with x_train and y_train, and x_test and "
            "y_test to evaluate on; or a folder with one subfolder of images a class, or with such "
            "subfolders in train/ and in test/."
        ),
    )
    validation_split: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Share of the training rows that is held out for validation.",
    )


class Prediction(Section):
    """How predictions are made."""

    samples: int = Field(
        default=32,
        ge=1,
        le=1_000_000,
        description="Weight draws that the predictive probabilities are averaged over.",
    )
