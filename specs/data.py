"""The `data` and `prediction` sections."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, Tag

from bnnc.specs.calibration import Guarantee, PredictionInterval, PredictionSets, Rejection
from bnnc.specs.one_hot import OneHot
from bnnc.specs.section import ONE_OR_MANY, Finite, Section, Size

ClassName = Annotated[str, Field(min_length=1, max_length=255)]
ColumnName = Annotated[str, Field(min_length=1, max_length=255)]
PixelType = Literal["uint8", "uint16", "int16", "int32", "int64", "float16", "float32", "float64"]
Share = Annotated[float, Field(ge=0, lt=1)]
Targets = Annotated[
    Annotated[ColumnName, Tag("one")]
    | Annotated[list[ColumnName], Field(min_length=1, max_length=65_536), Tag("many")],
    ONE_OR_MANY,
]


class Resize(Section):
    """The size that every image is brought to when it is read, as `keras.layers.Resizing` does.

    Images of that size are left as they are. Pixels are averaged where images become smaller.
    """

    height: Size = Field(description="Height of the images after it.")
    width: Size = Field(description="Width of the images after it.")
    interpolation: Literal["bilinear", "nearest", "bicubic", "area", "lanczos3"] = Field(
        default="bilinear", description="How pixels between those of the image are computed."
    )
    crop_to_aspect_ratio: bool = Field(
        default=False,
        description="Crop the largest centered window with the new aspect ratio first.",
    )
    pad_to_aspect_ratio: bool = Field(
        default=False,
        description="Pad the image evenly to the new aspect ratio first.",
    )
    fill_value: Finite = Field(
        default=0.0, description="Raw pixel value that `pad_to_aspect_ratio` pads with."
    )


class Decode(Section):
    """How image files are decoded."""

    channels: Literal[1, 3] = Field(
        description="1 to read all images in gray, 3 to read all of them in colour."
    )


class Labels(Section):
    """The columns of a table, CSV, TSV or Parquet: of numbers, or of image files and their labels."""

    file: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description=(
            "The table, relative to the folder `data.source`, which the images are in; null where "
            "`data.source` is the table."
        ),
    )
    path: ColumnName | None = Field(
        default=None,
        description=(
            "Column with the image files, relative to the folder; null for the column that is "
            "called `path`, `file`, `file_name`, `filename` or `image`."
        ),
    )
    target: Targets | None = Field(
        default=None,
        description=(
            "Column with the label, or columns with one number each; null for the column that is "
            "called `label`, `class` or `target`."
        ),
    )
    separator: str | None = Field(
        default=None,
        min_length=1,
        max_length=16,
        description=(
            "What separates the names of several classes in one cell, for `labels: multi_hot`; an "
            "empty cell has none of them."
        ),
    )
    split: ColumnName | None = Field(
        default=None,
        description=(
            "Column with `train`, `validation` or `test`; null for the column `split`, where there "
            "is one."
        ),
    )

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns of the labels; none where they are not said."""
        if self.target is None:
            return ()
        return (self.target,) if isinstance(self.target, str) else tuple(self.target)


class ExampleFeatures(Section):
    """The features of the examples (`tf.train.Example`) in TFRecord files.

    What is null is taken from the first example, where it is plain there.
    """

    image: ColumnName | None = Field(
        default=None,
        description=(
            "Feature with the image: the bytes of an image file, raw pixels, a serialized tensor, or "
            "a list of numbers. Null for the one that is called `image`, `image/encoded`, "
            "`image_raw`, `img` or `x`."
        ),
    )
    label: Targets | None = Field(
        default=None,
        description=(
            "Feature with the label, or features with one number each; null for the one that is "
            "called `label`, `image/class/label`, `class`, `target` or `y`."
        ),
    )
    dtype: PixelType | None = Field(
        default=None,
        description=(
            "Type of raw pixels, little-endian; null for image files, serialized tensors and lists "
            "of numbers."
        ),
    )
    shape: Annotated[list[Size], Field(min_length=2, max_length=4)] | None = Field(
        default=None,
        description=(
            "Shape of raw pixels and of lists of numbers, such as [height, width, channels]; null "
            "where features called `height`, `width` and `depth` or `channels` say it."
        ),
    )

    @property
    def labels(self) -> tuple[str, ...]:
        """The features of the labels; none where they are not said."""
        if self.label is None:
            return ()
        return (self.label,) if isinstance(self.label, str) else tuple(self.label)


class Splits(Section):
    """Shares of the training rows that become validation and test rows, chosen by a seed.

    The same source, shares and seed give the same rows, whatever `training.seed` is.
    """

    validation: Share = Field(default=0.0, description="Share of the rows to validate on.")
    test: Share = Field(default=0.0, description="Share of the rows that `bnnc evaluate` takes.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Seed of the random choice.")
    stratified: bool = Field(
        default=False, description="Whether each class has the same share in all parts."
    )
    by: ColumnName | None = Field(
        default=None,
        description=(
            "Column of a table, such as that of the patient: rows with the same cell are in one "
            "part. Null to choose rows one by one."
        ),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of a source are read: what a spec says about it, but for the classes.

    Attributes:
        resize: the size that images are brought to; None to leave them as they are.
        channels: the channels of image files, 1 or 3; None where the files decide.
        labels: the table of the labels, and its columns.
        splits: what is taken out of the training rows.
        kind: the spec's `output.labels`, which decides whether a cell is a class or a number.
        streaming: whether images stay in their files until they are needed; None where their size
            decides.
        features: columns of a table of numbers that are features, in the order of the input; None
            for all that are nothing else.
        axes: axes of an example, 1 of a table of numbers; None where the data decides.
        example: the features of TFRecord files.
        on_error: what is done with an image that cannot be read.
        one_hot: the columns of a table of numbers with categories.
        cache: `disk` where the decoded images that are streamed are kept in a file.
    """

    resize: Resize | None = None
    channels: int | None = None
    labels: Labels | None = None
    splits: Splits | None = None
    kind: str | None = None
    streaming: bool | None = None
    features: tuple[str, ...] | None = None
    axes: int | None = None
    example: ExampleFeatures | None = None
    on_error: str = "stop"
    cache: str | None = None
    one_hot: OneHot | None = None

    @property
    def skips(self) -> bool:
        """Whether images that cannot be read are left out."""
        return self.on_error == "skip"

    @property
    def table(self) -> Labels:
        """The columns of a table, where the spec says nothing too."""
        return Labels() if self.labels is None else self.labels


AS_STORED = Reading()
READING_KEYS = (
    *("cache", "decode", "example", "features", "labels"),
    *("on_error", "one_hot", "resize", "splits", "streaming"),
)
"""The keys of `data` that a reading is made of."""


class Data(Section):
    """The data of `bnnc train`, unless `--data` is given."""

    source: str = Field(
        min_length=1,
        max_length=4096,
        description=(
            "`digits`, `fashion-mnist`, `mnist`, `cifar10`, `cifar100`, of tables `diabetes`, "
            "`wine`, `breast-cancer`, `iris`, or a path, relative to "
            "the spec: a folder of IDX files; an .npz or HDF5 file with x_train and y_train, and optionally "
            "x_val, y_val, x_test and y_test; a folder with such arrays as .npy files; a folder "
            "with one subfolder of images a class, or with such subfolders in train/ and, "
            "optionally, val/ and test/; a table in CSV, TSV or Parquet, of numbers, or of image files "
            "and labels; or a TFRecord file, a folder of them, or a pattern such as `train-*`."
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
    decode: Decode | None = Field(
        default=None,
        description=(
            "How image files are decoded; if null, in gray where every image of the source is gray, "
            "otherwise in colour."
        ),
    )
    resize: Resize | None = Field(
        default=None,
        description=(
            "The size that all images are brought to: those of `source` and `--data`, and those of "
            "`bnnc predict`; null for images that have the size of `input.shape` already."
        ),
    )

    labels: Labels | None = Field(
        default=None,
        description=(
            "The columns of a table with the labels and the parts; for a folder of images, the table "
            "of its labels."
        ),
    )

    features: list[ColumnName] | None = Field(
        default=None,
        min_length=1,
        max_length=65_536,
        description=(
            "Columns of a table of numbers that are the features, in the order of the input; null "
            "for all columns but those of labels, parts and groups."
        ),
    )

    one_hot: OneHot | None = Field(
        default=None,
        description=(
            "Columns of a table of numbers that hold categories, each of which becomes a feature of "
            "0 and 1; null where all features are numbers."
        ),
    )

    on_error: Literal["stop", "skip"] = Field(
        default="stop",
        description=(
            "What is done with an image that cannot be read: `stop` ends the training by its name, "
            "`skip` leaves it out, after a look at every image before the training."
        ),
    )

    example: ExampleFeatures | None = Field(
        default=None,
        description=(
            "The features of the examples in TFRecord files; null where they are plain from the "
            "first example."
        ),
    )

    splits: Splits | None = Field(
        default=None,
        description=(
            "Shares of the training rows that become validation and test rows; null for the parts "
            "that the source has, and for `validation_split`."
        ),
    )

    balance: Literal["resample"] | None = Field(
        default=None,
        description=(
            "`resample` gives each class the same number of training rows in every epoch: rows of "
            "rare classes come several times, and of common classes a new choice in each epoch. An "
            "epoch has as many rows as before. Null to take every row once, and for "
            "`loss.class_weight: balanced`, which weights the classes instead."
        ),
    )

    streaming: bool | None = Field(
        default=None,
        description=(
            "Whether images are read from their files in every epoch, instead of once into memory; "
            "if null, where they would take more than a quarter of the machine's memory, or 16 GiB. "
            "The trained weights are the same."
        ),
    )

    cache: Literal["disk"] | None = Field(
        default=None,
        description=(
            "`disk` keeps images that are streamed in a file, decoded and resized, from the first "
            "epoch on: in `$BNNC_CACHE_HOME`, or `bnnc` in the user's cache folder. Null to decode "
            "them in every epoch. The trained weights are the same."
        ),
    )

    def reading(self, kind: str | None, axes: int | None) -> Reading:
        """How the rows of the source are read.

        Args:
            kind: the kind of the labels, as `output.labels` has it.
            axes: axes of an example, as many as `input.shape` has numbers.
        """
        return Reading(
            resize=self.resize,
            channels=None if self.decode is None else self.decode.channels,
            labels=self.labels,
            splits=self.splits,
            kind=kind,
            streaming=self.streaming,
            features=None if self.features is None else tuple(self.features),
            axes=axes,
            example=self.example,
            on_error=self.on_error,
            cache=self.cache,
            one_hot=self.one_hot,
        )


class Prediction(Section):
    """How predictions are made."""

    samples: int = Field(
        default=32,
        ge=1,
        le=1_000_000,
        description="Weight draws that the predictive probabilities are averaged over.",
    )
    sets: PredictionSets | None = Field(
        default=None,
        description="Sets of classes with a guaranteed coverage; null for none.",
    )
    reject: Rejection | None = Field(
        default=None,
        description="Rejection of uncertain images with a guaranteed risk; null for none.",
    )
    interval: PredictionInterval | None = Field(
        default=None,
        description="Intervals of numbers with a guaranteed coverage; null for none.",
    )

    @property
    def guarantees(self) -> dict[str, Guarantee]:
        """What is guaranteed, by its key."""
        said = {"sets": self.sets, "reject": self.reject, "interval": self.interval}
        return {key: one for key, one in said.items() if one is not None}
