"""A model card: Markdown with the metadata of Hugging Face, of one evaluated run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any, Final

import yaml

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.printable import harmless
from bnnc.reporting.comparison import figure_rows
from bnnc.reporting.preflight import CARD_MARK
from bnnc.reporting.results import RunResults
from bnnc.reporting.verdict import verdict
from bnnc.specs.sources import FROM_PYTHON, SOURCES
from bnnc.version import VERSION

_MOST_CLASSES: Final = 100

_TASKS: Final = {
    ("class", False): "image-classification",
    ("class", True): "tabular-classification",
    ("number", True): "tabular-regression",
    ("number", False): "other",  # Hugging Face has no task of numbers from images
}
# Figures that describe the data or the prediction, and measure no quality.
_NOT_METRICS: Final = frozenset(
    {"baseline_accuracy", "baseline_binary_accuracy", "entropy", "mutual_information"}
)
# Hugging Face's own names, where it has the metric.
_METRIC_TYPES: Final = {"auroc": "roc_auc", "brier": "brier_score", "nll": "nll"}

_ESCAPED = re.compile(r"([\\`*_{}\[\]<>#|~$&])")


def card_text(run: RunResults, license: str | None = None, repository: str | None = None) -> str:
    """The card of a run. It begins with `---` and a comment that says who wrote it.

    Args:
        run: what was measured.
        license: identifier of the model's license, as Hugging Face has it.
        repository: name of the repository on Hugging Face, for the lines that load the model.
    """
    head = yaml.safe_dump(metadata(run, license), sort_keys=False, allow_unicode=True)
    parts = [
        f"---\n{CARD_MARK} {VERSION}\n{head}---\n",
        f"# {_said(run.program.spec.name)}\n",
        _introduction(run),
        _use(run, repository),
        _data(run),
        _method(run),
        _evaluation(run),
        _limits(run),
        _reproducibility(run),
    ]
    return "\n".join(parts)


def metadata(run: RunResults, license: str | None = None) -> dict[str, Any]:
    """The YAML of Hugging Face: tags, and the figures as a `model-index`."""
    spec, evaluation = run.program.spec, run.evaluation
    task = _task(run)
    tags = ["bnnc", "bayesian", "uncertainty-quantification", "keras", "tensorflow-probability"]
    tags += [one for one in _methods(run) if one not in tags]
    data = _data_name(run)
    metrics = [
        {
            "type": _METRIC_TYPES.get(name, name),
            "value": round(float(evaluation[name]), 6),
            "name": _metric_name(run, name),
        }
        for name in (row.name for row in figure_rows([run]))
        if name not in _NOT_METRICS and isfinite(evaluation[name])
    ]
    result = {
        "task": {"type": task},
        "dataset": {"type": data, "name": data, "split": "test"},
        "metrics": metrics,
    }
    made: dict[str, Any] = {"library_name": "bnnc"}
    if license is not None:
        made["license"] = license
    if task != "other":
        made["pipeline_tag"] = task
    made["tags"] = tags
    made["model-index"] = [{"name": spec.name, "results": [result]}]
    return made


def _metric_name(run: RunResults, name: str) -> str:
    error = run.evaluation.standard_errors.get(name)
    return name if error is None else f"{name} (standard error {error:.2g})"


def _task(run: RunResults) -> str:
    kind = "number" if "rmse" in run.evaluation else "class"
    return _TASKS[kind, run.program.spec.input.is_table]


def _methods(run: RunResults) -> list[str]:
    sections = run.program.spec.bayesian_sections.values()
    return [one for one in dict.fromkeys(one.method for one in sections) if one != "none"]


def _data_name(run: RunResults) -> str:
    """The data of the evaluation, without the folders of this machine."""
    trained = run.program.manifest["trained"] or {}
    name = str(run.data or trained.get("data"))
    if name in SOURCES:
        return name
    return harmless(FROM_PYTHON.get(name, Path(name).name))


def _introduction(run: RunResults) -> str:
    spec = run.program.spec
    methods = ", ".join(f"`{one}`" for one in _methods(run))
    members = len(run.program.members)
    what = f"an ensemble of {members} networks" if members > 1 else "a neural network"
    bayesian = f"Bayesian by {methods}" if methods else "without a distribution over its weights"
    told = f"This is {what}, {bayesian}, that says how uncertain it is. It was trained with bnnc."
    return _paragraphs([_said(spec.description)] if spec.description else [], [told])


def _use(run: RunResults, repository: str | None) -> str:
    spec = run.program.spec
    shape = ", ".join(map(str, spec.input.shape))
    given = f"`[{spec.input.noun}, {shape}]`"
    if not spec.input.is_table:
        low, high = spec.input.value_range
        given += f", raw values from {low:g} to {high:g}: the model standardises them itself"
    if spec.data is not None and spec.data.resize is not None:
        size = spec.data.resize
        given += f". Image files of other sizes are resized to {size.height} × {size.width}"
    gives = {
        "class": "probabilities, entropy and mutual information of each image",
        "number": "mean, quantiles, and the standard deviations of noise and weights",
    }["number" if "rmse" in run.evaluation else "class"]
    fitted = run.program.calibration
    calibration = "" if fitted is None else f"- Calibration: {_said(fitted.summary)}.\n"
    load, folder = ["import bnnc", ""], '"run"'
    if repository is not None:
        load.insert(1, "from huggingface_hub import snapshot_download")
        folder = f'snapshot_download("{repository}")'
    load += [
        f"program = bnnc.load({folder})",
        f"prediction = program.predict({spec.input.variable})  # [{spec.input.noun}, {shape}]",
    ]
    code = "\n".join(load)
    return (
        f"## Use\n\n- Input: {given}.\n- Output: {spec.input.worded(gives)}.\n{calibration}\n"
        f"```python\n{code}\n```\n\n"
        "`bnnc export` writes the prediction as SavedModel, ONNX or LiteRT, for programs without "
        "bnnc, and `bnnc serve` answers over HTTP.\n"
    )


def _data(run: RunResults) -> str:
    trained = run.program.manifest["trained"]
    said = {
        "data": _data_name(run) if run.data is None else _trained_name(trained),
        "training rows": f"{trained['rows']:,}",
        "validation rows": f"{trained['validation_rows']:,}",
        "digest": f"`{trained['digest']}`",
    }
    names = trained.get("class_names")
    classes = getattr(run.program.spec.output, "classes", None)
    if names:
        shown = ", ".join(_said(one) for one in names[:_MOST_CLASSES])
        more = f" and {len(names) - _MOST_CLASSES:,} more" if len(names) > _MOST_CLASSES else ""
        said["classes"] = f"{len(names):,}: {shown}{more}"
    elif classes:
        said["classes"] = f"{classes:,}"
    if trained.get("feature_names"):
        said["features"] = ", ".join(_said(one) for one in trained["feature_names"])
    return f"## Training data\n\n{_listed(said)}"


def _trained_name(trained: Mapping[str, Any]) -> str:
    name = str(trained["data"])
    return name if name in SOURCES else _said(FROM_PYTHON.get(name, Path(name).name))


def _method(run: RunResults) -> str:
    program = run.program
    spec, trained = program.spec, program.manifest["trained"]
    totals, optimizer = program.manifest["plan"]["totals"], spec.training.optimizer
    rate = optimizer.learning_rate
    done = max(model.epochs_done for model in program.models)
    first = next(iter(spec.bayesian_sections.values()), None)
    said = {
        "method": ", ".join(f"`{one}`" for one in _methods(run)) or "none",
        "members": f"{len(program.members)}" if len(program.members) > 1 else "",
        "prior": "" if first is None or not spec.has_kl else _section(first.prior),
        "parameters": f"{totals['parameters']:,}, {totals['posterior']:,} with a posterior",
        "output": f"`{spec.output.distribution}`",
        "optimizer": f"{optimizer.type}, learning rate "
        + (f"{rate:g}" if isinstance(rate, float) else _section(rate)),
        "epochs": f"{done} of {trained['epochs']}",
        "batch size": f"{trained['batch_size']:,}",
        "weight of the KL": f"{trained['kl_weight']:.4g}" if spec.has_kl else "",
        "seed": f"{spec.training.seed}",
    }
    return f"## Method and training\n\n{_listed(said)}"


def _section(value: Any) -> str:
    """A section of the spec on one line."""
    given = value.model_dump(mode="json", exclude_none=True)
    return _said(", ".join(f"{name} {one}" for name, one in given.items()))


def _evaluation(run: RunResults) -> str:
    rows = [
        (row.name, row.cells[0].value, row.meaning) for row in figure_rows([run]) if row.cells[0]
    ]
    noun = run.program.spec.input.noun
    parts = [
        f"## Evaluation\n\n{int(run.evaluation['rows']):,} test {noun} of {_said(_data_name(run))}, "
        f"{run.draws:,} weight draws. ± is the standard error, over resamples of the {noun}.\n",
        _table(("figure", "value", "meaning"), rows),
    ]
    told = [run.program.spec.input.worded(one) for one in verdict(run)[:-1]]
    parts.append(_said(" ".join(told)) + "\n")
    for name, found in run.evaluation.ood.items():
        scores = [
            (
                score.replace("_", " "),
                *(
                    f"{values[one]:.4f} ± {values['standard_errors'][one]:.4f}"
                    for one in ("auroc", "average_precision", "fpr95")
                ),
            )
            for score, values in found["scores"].items()
        ]
        called = _said(Path(name).name)
        parts.append(f"Out of distribution: {found['rows']:,} {noun} of {called}.\n")
        parts.append(_table(("score", "AUROC", "AUPR", "FPR95"), scores))
    return "\n".join(parts)


def _limits(run: RunResults) -> str:
    program, evaluation = run.program, run.evaluation
    noun = program.spec.input.noun
    told = [_finding(one) for one in run.diagnosis.diagnostics]
    if not told:
        told.append("`bnnc doctor` finds nothing wrong with the run.")
    told += [_said(_sentence(one)) for one in (*evaluation.notes, *run.diagnosis.notes)]
    if not evaluation.ood:
        told.append(
            f"Nothing was measured of {noun} unlike those of the training: on them its uncertainty "
            "may be too small. `bnnc card --ood SOURCE` measures it."
        )
    if not evaluation.shift and not program.spec.input.is_table:
        told.append(
            "Nothing was measured of images with noise, blur or another exposure: `bnnc card --shift`."
        )
    if program.calibration is None:
        told.append("It is not calibrated: no coverage of its sets or intervals is guaranteed.")
    else:
        told.append(
            f"The guarantees of its calibration hold on average over {noun} like those of the "
            f"validation, and not for each of the {noun}."
        )
    return "## Limits\n\n" + "".join(f"- {one}\n" for one in told)


def _finding(one: Diagnostic) -> str:
    return f"{_said(_sentence(one.message))} ({one.code}, {one.severity} of `bnnc doctor`)"


def _reproducibility(run: RunResults) -> str:
    program = run.program
    said = {
        "fingerprint of the spec": f"`{program.spec.fingerprint()}`",
        "identity of the run": f"`{program.manifest['identity']}`",
        "versions": ", ".join(
            f"{one} {value}" for one, value in program.manifest["versions"].items()
        ),
    }
    given = program.spec.model_dump(mode="json", exclude_defaults=True)
    if "data" in given and given["data"]["source"] not in SOURCES:
        given["data"]["source"] = Path(given["data"]["source"]).name
    text = yaml.safe_dump(given, sort_keys=False, allow_unicode=True, default_flow_style=None)
    fence = "`" * (1 + max((len(one) for one in re.findall(r"`+", text)), default=2))
    return (
        f"## Reproducibility\n\n{_listed(said)}\n"
        "The same spec, data and seed give the same weights bit for bit on one machine. The spec:\n\n"
        f"{fence}yaml\n{text}{fence}\n"
    )


def _said(text: str) -> str:
    """Text from outside in Markdown: shown as it is, on one line."""
    return _ESCAPED.sub(r"\\\1", harmless(text))


def _sentence(text: str) -> str:
    stripped = text.strip()
    return stripped[:1].upper() + stripped[1:] + ("" if stripped.endswith((".", "!")) else ".")


def _paragraphs(*groups: Iterable[str]) -> str:
    return "".join(f"{one}\n\n" for group in groups for one in group).rstrip("\n") + "\n"


def _listed(said: Mapping[str, str]) -> str:
    return "".join(f"- {name}: {value}\n" for name, value in said.items() if value)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *([_said(one) for one in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
