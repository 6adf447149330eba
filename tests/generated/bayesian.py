"""The `bayesian` section at random, and what layers say in place of it."""

from random import Random
from typing import Any

from bnnc.specs.bayesian import Bayesian
from bnnc.specs.methods import METHODS, NAMES
from bnnc.specs.placement import place
from bnnc.specs.priors import PRIORS
from bnnc.specs.selection import selected_layers
from tests.generated.document import Document, sometimes
from tests.generated.layers import document_at, layers_within, section

# As many as there are by default: no batch is smaller.
MOST_MEMBERS = 4
# No batch has fewer rows than parts.
MOST_PAIRS = 2
SCALES = (0.3, 0.05, 0.01, 0.001, 2e-6)
# Fields of priors beside the scale; a narrow scale is below every other.
OTHER_FIELDS: dict[str, tuple[float, ...]] = {
    "df": (2.5, 30),
    "weight": (0.25, 0.9),
    "narrow_scale": (0.02, 0.0025),
    "loc": (0, 0.05, -0.1),
}


def bayesian_section(random: Random, method: str, layers: list[Document]) -> Document:
    """A right section of a method over layers that can carry it, some of which say their own."""
    if METHODS[method].last_layer_only:
        return _of_the_last_layer(random, method, layers)
    stack = [section(layer) for layer in layers]
    carrying = [one.selectors for one in place(stack) if one.layer.carries(method)]
    able = list(dict.fromkeys(random.choice(called) for called in carrying))
    written: Document = {"method": method}
    some = random.sample(able, random.randint(1, len(able))) if able else "all"
    if method == "sngp" and isinstance(some, list):  # it has its head
        some = list(dict.fromkeys([*some, place(stack)[-1].selectors[0]]))
    sometimes(random, written, "layers", lambda: random.choice(["all", "last", some]))
    if _has_prior(method) or random.random() < 0.3:
        written |= _fields(random)
    if METHODS[method].has_members:
        sometimes(random, written, "members", lambda: random.randint(2, MOST_MEMBERS))
    fields = METHODS[method].fields | METHODS[method].fields_by_place
    if "pairs" in fields:
        sometimes(random, written, "pairs", lambda: random.randint(1, MOST_PAIRS))
    if "norm_multiplier" in fields:
        sometimes(random, written, "norm_multiplier", lambda: random.choice([0.95, 6, 1e-3]))
    if "gaussian_process" in fields:
        sometimes(random, written, "gaussian_process", lambda: gaussian_process(random), share=0.9)
    if random.random() < 0.4:
        _say_their_own(random, written, layers)
    _fix_priors_of_dropout(written, layers)
    return written


def _of_the_last_layer(random: Random, method: str, layers: list[Document]) -> Document:
    """The method in the section or in the last layer; no layer before says another one."""
    prior: Document = {}
    sometimes(random, prior, "prior", lambda: {"scale": random.choice(["learned", 1, 0.1])})
    written: Document = {"method": method, "layers": "last", **prior}
    last = place([section(layer) for layer in layers])[-1]
    if len(last.path) == 2 and random.random() < 0.3:
        layers[-1]["bayesian"] = {"method": method, **prior}
        written = {"method": "none"}
    sometimes(random, written, "hessian", lambda: random.choice(["full", "kronecker"]))
    return written


def _fix_priors_of_dropout(written: Document, layers: list[Document]) -> None:
    """Give a normal prior of one scale where a rate is learned: no other is known beside it."""
    own = [layer["bayesian"] for layer in layers_within(layers) if "bayesian" in layer]
    sections = [written, *own]
    if any(one.get("method") == "concrete_dropout" for one in sections):
        for one in sections:
            prior = one.get("prior", {})
            other = prior.get("distribution", "normal") != "normal" or prior.get("loc", 0) != 0
            if prior.get("scale") == "learned" or other:
                one["prior"] = {"scale": 0.5}


def _has_prior(method: str) -> bool:
    return "prior" in METHODS[method].fields


def _fields(random: Random) -> Document:
    written: Document = {}
    prior = prior_section(random)
    sometimes(random, written, "prior", lambda: prior)
    sometimes(random, written, "posterior", lambda: {"initial_scale": random.choice(SCALES)})
    sometimes(random, written, "bias", lambda: random.random() < 0.8, share=0.4)
    return written


def prior_section(random: Random) -> Document:
    """A prior of any family; the normal one may go without its name."""
    family = random.choice(sorted(PRIORS))
    takes_learned = PRIORS[family].model_fields["scale"].annotation is not float
    scales = [*(["learned"] if takes_learned else []), 1, 0.1, 0.05]
    prior: Document = {"scale": random.choice(scales)}
    for field, values in OTHER_FIELDS.items():
        if field in PRIORS[family].model_fields:
            prior[field] = random.choice(values)
    if "loc" in prior and prior["scale"] != "learned" and random.random() < 0.3:
        prior["loc"] = "tied"
    named = family != "normal" or random.random() < 0.5
    return {"distribution": family, **prior} if named else prior


def gaussian_process(random: Random) -> Document:
    """A process of few features, so that a model is built in a moment."""
    written: Document = {"num_inducing": random.choice([1, 2, 5, 16])}
    sometimes(random, written, "length_scale", lambda: random.choice([1, 0.5, 20]))
    sometimes(random, written, "amplitude", lambda: random.choice([1, 0.3, 20]))
    return written


def _say_their_own(random: Random, written: Document, layers: list[Document]) -> None:
    placed = place([section(layer) for layer in layers])
    chosen = selected_layers(Bayesian.model_validate(written), placed)
    # One that is selected says nothing, so that the section's method applies to some layer.
    spared = placed[random.choice(sorted(chosen))].path if chosen else None
    unsaid = {"sngp"}  # of the last layer, which is spared there, and of one output alone
    if written["method"] == "sngp":
        spared = placed[-1].path
        unsaid.add("concrete_dropout")  # it is a posterior of a kernel that is learned
    # A layer in a block may stand in the model several times, and `last` selects one of them.
    for one in {one.path: one for one in placed if not one.made}.values():
        layer, path = one.layer, one.path
        able = [
            name
            for name in NAMES
            if layer.carries(name) and not METHODS[name].last_layer_only and name not in unsaid
        ]
        if not able or path == spared or getattr(layer, "rate", 1) == 0 or random.random() < 0.3:
            continue
        own: dict[str, Any] = {}
        if one.index in chosen and random.random() < 0.4:
            own = _fields(random) if _has_prior(written["method"]) else {}
        else:
            # A layer that is named cannot be exempt.
            exempt = ["none"] if written.get("layers", "all") == "all" else []
            own["method"] = random.choice([*able, *exempt])
            own |= _fields(random) if _has_prior(own["method"]) else {}
        document_at(layers, path)["bayesian"] = own
