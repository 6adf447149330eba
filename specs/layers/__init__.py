"""The `layers` section: one class for each layer type, named as in Keras, and blocks of layers.

To add a layer type, write its class in the file where Keras would have it (or in a new one): the
package finds every class that names its `type`. Nothing else is edited: what a layer is called in
Keras, its shape arithmetic and its costs stand in its class.
"""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, get_args

from pydantic import Field

from bnnc.specs.layers.layer import LayerSection, ShapeError
from bnnc.specs.members import members
from bnnc.specs.shapes import Shape


def type_name(layer: type[LayerSection]) -> str:
    """The word that stands for a layer class in a spec, as in `type: conv2d`."""
    return str(get_args(layer.model_fields["type"].annotation)[0])


LAYER_TYPES = tuple(members(__name__, LayerSection, field="type").values())

if TYPE_CHECKING:
    Layer = LayerSection
else:
    Layer = Annotated[reduce(or_, LAYER_TYPES), Field(discriminator="type")]
    for _layer in LAYER_TYPES:
        # Blocks have layers in them, and are complete only now.
        _layer.model_rebuild(_types_namespace={"Layer": Layer})

__all__ = ["LAYER_TYPES", "Layer", "LayerSection", "Shape", "ShapeError", "type_name"]
