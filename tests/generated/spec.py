"""Right specs over the whole language."""

from random import Random

from hypothesis import strategies as st

from bnnc.specs.layers import Shape
from bnnc.specs.methods import METHODS, NAMES
from bnnc.specs.priors import PRIORS
from bnnc.specs.priors.sampled import SampledPrior
from tests.generated.bayesian import bayesian_section
from tests.generated.document import Document, sometimes
from tests.generated.layers import (
    IMAGE_OF_BACKBONES,
    give_constraints,
    give_names,
    layer_stack,
    layers_within,
    section,
)
from tests.generated.output import OUTPUT, OUTPUTS, loss_section, output_section
from tests.generated.training import training_section

VALUE_RANGES = ((0, 255), (0, 1), (-1, 1), (0.0, 16.0), (5, 260.5), (-3e3, -1.5))
DESCRIPTIONS = ("", '"""\nimport os\n"""', "'; import os #", "back\\slash\n\t\u2028 é")


def random_spec(random: Random) -> Document:
    """A right spec, small enough to be built in a moment."""
    dimensions = random.choice([2, 2, 2, 1, 3])
    sides = [1, 2, 3, 4, 5] if dimensions == 3 else [1, 3, 4, 5, 7, 8, 12]
    shape = tuple(random.choice(sides) for _ in range(dimensions))
    image: Shape = (*shape, random.choice([1, 2, 3]))
    if random.random() < 0.015:
        image = IMAGE_OF_BACKBONES
    method = random.choice(NAMES)
    output, loss = _output(random)
    head = OUTPUT.validate_python(output)
    while method == "sngp" and not head.has_curvature:
        output, loss = _output(random)
        head = OUTPUT.validate_python(output)
    activation = random.choice(head.activations[head.parameterization])
    layers = layer_stack(random, image, head.width, activation)
    while method == "sngp" and layers[-1]["type"] != "dense":
        layers = layer_stack(random, image, head.width, activation)
    drops = METHODS[method].needs == "a dropout layer"
    if drops:
        for layer in layers:  # a rate of 0 leaves nothing random
            if layer.get("rate") == 0:
                layer["rate"] = 0.1
    if drops and not any(section(layer).carries(method) for layer in layers):
        kinds = [layer["type"] for layer in layers]
        behind = kinds.index("backbone") + 1 if "backbone" in kinds else 0
        place = random.randrange(behind, len(layers))
        layers.insert(place, {"type": "dropout", "rate": random.choice([0.1, 0.5])})
    if METHODS[method].last_layer_only and not section(layers[-1]).carries(method):
        method = "none"
    give_names(random, layers)
    spec: Document = {
        "bnnc": 1,
        "name": random.choice(["m", "0.a-b_C", "lenet5", "None", "A" * 128]),
        "input": _input(random, image),
        "layers": layers,
        "output": output,
    }
    sometimes(random, spec, "description", lambda: random.choice(DESCRIPTIONS))
    if method != "none" or random.random() < 0.5:
        spec["bayesian"] = bayesian_section(random, method, layers)
    give_constraints(random, layers, spec.get("bayesian"))
    if loss != "negative_log_likelihood" or random.random() < 0.7:
        spec["loss"] = loss_section(random, output, loss)
    sometimes(random, spec, "training", lambda: training_section(random), share=0.8)
    if "kl" in spec.get("loss", {}) and not _estimates_the_kl(spec):
        sometimes(random, spec["loss"]["kl"], "estimator", lambda: "closed_form", share=0.2)
    sometimes(random, spec, "data", lambda: _data(random, spec.get("training", {})), share=0.3)
    sometimes(random, spec, "prediction", lambda: {"samples": random.randint(1, 5)})
    sometimes(random, spec, "ensemble", lambda: {"members": random.randint(1, 3)}, share=0.15)
    sometimes(random, spec, "x-notes", lambda: {"any": ["thing", None, 1]}, share=0.1)
    return spec


def specs() -> st.SearchStrategy[Document]:
    """`random_spec` as a strategy."""
    return st.randoms(use_true_random=False).map(random_spec)


def _output(random: Random) -> tuple[Document, str]:
    distribution, labels, loss = random.choice(OUTPUTS)
    return output_section(random, distribution, labels, loss), loss


def _estimates_the_kl(spec: Document) -> bool:
    """Whether a prior of the spec has no closed form of the KL."""
    sections = [spec, *layers_within(spec["layers"])]
    priors = [one.get("bayesian", {}).get("prior", {}) for one in sections]
    families = [PRIORS[one.get("distribution", "normal")] for one in priors]
    return any(issubclass(family, SampledPrior) for family in families)


def _data(random: Random, training: Document) -> Document:
    """Data of a person's own, which nobody looks at before a training."""
    data: Document = {"source": random.choice(["data.npz", "./images", "../mnist"])}
    share = 1.0 if training.get("early_stopping") else 0.5
    sometimes(random, data, "validation_split", lambda: random.choice([0.1, 0.5]), share=share)
    return data


def _input(random: Random, image: Shape) -> Document:
    channels = image[-1]
    section: Document = {"shape": list(image)}
    sometimes(random, section, "value_range", lambda: list(random.choice(VALUE_RANGES)))
    if image == IMAGE_OF_BACKBONES:  # they may standardise images by themselves
        return section
    for key, low in (("mean", 0.0), ("std", 0.2)):
        drawn = [round(random.uniform(low, 1.0), 4) for _ in range(channels)]
        if random.random() < 0.5:
            section[key] = random.choice([drawn, drawn[0]])
    return section
