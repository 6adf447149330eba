"""A model of `keras.applications` as a layer: backbone."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from bnnc.specs.applications import Application, application, application_names
from bnnc.specs.layers.layer import LayerSection, ShapeError
from bnnc.specs.shapes import Shape

if TYPE_CHECKING:
    ApplicationName = str
else:
    ApplicationName = Literal[application_names()]

# Endings of the files that Keras reads weights from.
WEIGHT_FILES = (".h5", ".keras")


class Backbone(LayerSection):
    """A model of `keras.applications` without its classifier; deterministic."""

    type: Literal["backbone"]
    application: ApplicationName = Field(
        description="The model, by the name of its function in `keras.applications`."
    )
    weights: str = Field(
        default="imagenet",
        min_length=1,
        max_length=4096,
        description=(
            "`imagenet`, which Keras downloads when the model is built, and keeps; `none`, drawn at "
            "random; or a file of its weights, .weights.h5, .h5 or .keras, relative to the spec."
        ),
        # For editors; of another text a rule tells more than that it does not fit a pattern.
        json_schema_extra={"pattern": r"^(none|imagenet|.+\.(h5|keras))$"},
    )
    trainable: bool = Field(
        default=True,
        description=(
            "Whether gradients change its weights. If not, it runs in inference mode during "
            "training too, and its batch normalizations keep their averages."
        ),
    )
    pooling: Literal["avg", "max", "none"] = Field(
        default="none",
        description="Mean or largest value over all positions of its last map; `none` gives the map.",
    )
    preprocessing: Literal["application", "none"] | None = Field(
        default=None,
        description=(
            "Preprocessing of the images before the model. `application`: what `preprocess_input` of "
            "`keras.applications` does for this model. `none`: no more than `input` says. By "
            "default `application` where there are weights to load, and `none` for random ones."
        ),
    )

    keras_class = "bnnc.runtime.Backbone"

    @property
    def known(self) -> Application:
        """Facts about the model."""
        return application(self.application)

    @property
    def has_kernel(self) -> bool:
        """It has many."""
        return True

    @property
    def is_pretrained(self) -> bool:
        """Whether it begins with weights that were learned before."""
        return self.weights != "none"

    @property
    def weights_file(self) -> str | None:
        """The file that its weights are read from, if the spec names one."""
        return None if self.weights in {"none", "imagenet"} else self.weights

    @property
    def preprocesses(self) -> bool:
        """Whether the images are made what the application expects."""
        said = self.preprocessing or ("application" if self.is_pretrained else "none")
        return said == "application"

    def output_shape(self, shape: Shape) -> Shape:
        """[height, width, channels] -> its last map, or [its channels] if that is pooled.

        Raises: ShapeError for what is no image, or a smaller one than Keras takes.
        """
        if len(shape) != 3:
            raise ShapeError("needs-dimensions", dimensions=2)
        least = self.known.least
        if min(shape[:2]) < least:
            raise ShapeError("image-too-small", field="application", window=(least, least))
        output = self.known.output_shape(shape)
        return output if self.pooling == "none" else output[-1:]

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """All weights that Keras trains as one row, and those that it does not as another."""
        return {
            "trainable": (self.known.trainable.of(shape[-1]),),
            "non_trainable": (self.known.non_trainable.of(shape[-1]),),
        }

    def non_trainable(self) -> frozenset[str]:
        """The moving averages; all of them where nothing is trained."""
        names = {"non_trainable"} if self.trainable else {"trainable", "non_trainable"}
        return frozenset(names)

    def multiply_adds(self, shape: Shape) -> int:
        """The multiply-adds of all its layers."""
        return self.known.multiply_adds(shape)

    def inner_outputs(self, shape: Shape) -> int:
        """Outputs of all its layers; of frozen ones no more is held than the largest."""
        known = self.known
        return known.outputs(shape) if self.trainable else known.largest_output(shape)

    def arguments(self) -> dict[str, object]:
        """Arguments of the layer in the runtime, defaults left out."""
        given: dict[str, object] = {"application": self.application}
        if self.is_pretrained:
            given["weights"] = self.weights
        if self.preprocesses:
            given["preprocessing"] = self.known.preprocessing
        if self.pooling != "none":
            given["pooling"] = self.pooling
        return {**given, **self.non_default("trainable")}

    def canonical(self, fields: dict[str, Any]) -> dict[str, Any]:
        """With the preprocessing that follows from the weights."""
        said = "application" if self.preprocesses else "none"
        return {**super().canonical(fields), "preprocessing": said}
