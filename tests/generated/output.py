"""The `output` and `loss` sections at random."""

from random import Random

from pydantic import TypeAdapter

from bnnc.specs.loss import SMOOTHING
from bnnc.specs.outputs import OUTPUTS as SECTIONS
from bnnc.specs.outputs import Output, OutputSection
from tests.generated.document import Document, sometimes

# Distribution, labels, loss: every cell that the language accepts.
OUTPUTS = tuple(
    (distribution, labels, loss)
    for distribution, section in SECTIONS.items()
    for labels, losses in section.losses.items()
    for loss in losses
)

OUTPUT: TypeAdapter[OutputSection] = TypeAdapter(Output)


def output_section(random: Random, distribution: str, labels: str, loss: str) -> Document:
    """A right output section of a distribution, for labels and a loss that it accepts."""
    output: Document = {"distribution": distribution}
    fields = SECTIONS[distribution].model_fields
    parameterizations = list(SECTIONS[distribution].activations)
    if "classes" in fields:
        output["classes"] = random.randint(2, 5)
    if "temperature" in fields:
        output["temperature"] = random.choice([0.3, 1, 2.5])
    if "event_size" in fields:
        sometimes(random, output, "event_size", lambda: random.randint(1, 3))
    if "label_std" in fields:
        size = output.get("event_size", 1)
        sometimes(random, output, "label_mean", lambda: random.choice([-3, 40.5, [0.5] * size]))
        sometimes(random, output, "label_std", lambda: random.choice([0.5, 10, [2.0] * size]))
    if "df" in fields:
        sometimes(random, output, "df", lambda: random.choice([2.5, 10]))
    if loss == "mean_squared_error":
        parameterizations = ["loc"]
    output["parameterization"] = random.choice(parameterizations)
    if "scale" in fields and output["parameterization"] == "loc":
        fixed = random.choice([0.5, 1, 20.0])
        learned = loss != "mean_squared_error" and random.random() < 0.5
        output["scale"] = "learned" if learned else fixed
    return {**output, "labels": labels}


def loss_section(random: Random, output: Document, loss: str) -> Document:
    """A right loss section for an output section that accepts the loss."""
    section: Document = {"type": loss}
    if loss in SMOOTHING:
        share = random.choice([0, 0.1, 0.5])
        sometimes(random, section, "label_smoothing", lambda: share)
    sometimes(random, section, "kl", lambda: _kl(random))
    if output["labels"] in {"integer", "one_hot", "binary"} and random.random() < 0.2:
        count = int(output.get("classes", 2))
        section["class_weight"] = [random.choice([0.5, 1, 3]) for _ in range(count)]
    return section


def _kl(random: Random) -> Document:
    section: Document = {}
    sometimes(random, section, "weight", lambda: random.choice(["per_example", 0, 0.001, 0.1]))
    sometimes(random, section, "warmup_epochs", lambda: random.choice([0, 0.5, 2]))
    if not section.get("warmup_epochs"):
        cyclical = {"cycles": random.randint(1, 3)}
        sometimes(random, cyclical, "proportion", lambda: random.choice([0.5, 1, 0.01]))
        sometimes(random, section, "cyclical", lambda: random.choice([None, cyclical]), share=0.4)
    sometimes(random, section, "temperature", lambda: random.choice([0.1, 1, 1.0, 2.5]))
    if section.get("temperature") == 2.5:
        section["estimator"] = "auto"
    return section
