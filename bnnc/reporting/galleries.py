"""Images that say something about a run: its errors, what it is unsure of, what is unlike the rest."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from bnnc.reporting.results import RunResults
from bnnc.runtime.evaluation.result import Predictions
from bnnc.runtime.figures.of_other_images import best_score
from bnnc.runtime.prediction.prediction import Prediction
from bnnc.runtime.prediction.regression_prediction import NumberPrediction

SHOWN = 12
_MOST_PIXELS = 96  # of a side


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a gallery: where it is from, as a PNG in a data URI, and what is below it."""

    source: str | None
    alternative: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Images in a row, the first the most remarkable."""

    title: str
    caption: str
    pictures: tuple[Picture, ...]


def galleries(run: RunResults) -> tuple[Gallery, ...]:
    """The galleries of a run; those without an image are left out."""
    kept = run.predictions
    if isinstance(kept.prediction, Prediction):
        made = _of_classes(run, kept.prediction)
    elif isinstance(kept.prediction, NumberPrediction):
        made = _of_numbers(run, kept.prediction)
    else:
        made = []
    made += [one for name in kept.ood for one in _of_other_images(run, name)]
    return tuple(one for one in made if one.pictures)


def _of_classes(run: RunResults, prediction: Prediction) -> list[Gallery]:
    kept, names = run.predictions, run.class_names
    labels = class_labels(kept)
    predicted, confidence = prediction.label, prediction.confidence

    def name(index: int) -> str:
        return names[index] if names else str(index)

    def told(row: int) -> tuple[str, ...]:
        answer = f"{name(int(predicted[row]))}, {confidence[row]:.0%}"
        is_right = predicted[row] == labels[row]
        return (answer, "right" if is_right else f"label {name(int(labels[row]))}")

    def with_value(values: npt.NDArray[Any], word: str) -> Callable[[int], tuple[str, ...]]:
        return lambda row: (*told(row), f"{word} {values[row]:.2f}")

    wrong = np.flatnonzero(predicted != labels)
    made = [
        _gallery(
            run,
            "Most certain errors",
            "Wrong answers, the highest confidence first: wrong labels, images that people confuse "
            "too, or what the model has not learned.",
            wrong[np.argsort(-confidence[wrong], kind="stable")],
            told,
        ),
        _gallery(
            run,
            "Most uncertain",
            "The highest entropy of the prediction first, in nats: what the model would hand over to "
            "a person first.",
            np.argsort(-prediction.entropy, kind="stable"),
            with_value(prediction.entropy, "entropy"),
        ),
    ]
    if prediction.samples > 1:
        made += [
            _gallery(
                run,
                "Most disputed by the draws (epistemic)",
                "The highest mutual information of label and weights first, in nats: the draws of "
                "the weights disagree, and more data of this kind would help.",
                np.argsort(-prediction.mutual_information, kind="stable"),
                with_value(prediction.mutual_information, "MI"),
            ),
            _gallery(
                run,
                "Most ambiguous (aleatoric)",
                "The highest expected entropy first, in nats: each draw by itself is unsure, and "
                "more data would not help.",
                np.argsort(-prediction.expected_entropy, kind="stable"),
                with_value(prediction.expected_entropy, "expected"),
            ),
        ]
    return made


def _of_numbers(run: RunResults, prediction: NumberPrediction) -> list[Gallery]:
    labels = np.asarray(run.predictions.labels, np.float64).reshape(len(prediction.mean), -1)
    mean, std, aleatoric, epistemic = (
        np.asarray(one, np.float64).reshape(labels.shape)
        for one in (
            prediction.mean,
            prediction.std,
            prediction.aleatoric_std,
            prediction.epistemic_std,
        )
    )
    errors = (np.abs(mean - labels) / np.maximum(std, 1e-12)).max(axis=1)

    def told(row: int) -> tuple[str, ...]:
        return (f"{mean[row, 0]:.3g} ± {std[row, 0]:.2g}", f"label {labels[row, 0]:.3g}")

    made = [
        _gallery(
            run,
            "Most surprising labels",
            "The largest error first, in predicted standard deviations: wrong labels, or a model "
            "that is too certain.",
            np.argsort(-errors, kind="stable"),
            lambda row: (*told(row), f"{errors[row]:.1f} std"),
        ),
        _gallery(
            run,
            "Most uncertain",
            "The largest predicted standard deviation first.",
            np.argsort(-std.max(axis=1), kind="stable"),
            told,
        ),
    ]
    if prediction.samples > 1:
        made += [
            _gallery(
                run,
                "Most disputed by the draws (epistemic)",
                "The largest disagreement of the draws first: more data of this kind would help.",
                np.argsort(-epistemic.max(axis=1), kind="stable"),
                lambda row: (*told(row), f"epistemic {epistemic[row].max():.2g}"),
            ),
            _gallery(
                run,
                "Noisiest (aleatoric)",
                "The largest noise of the label first: more data would not help.",
                np.argsort(-aleatoric.max(axis=1), kind="stable"),
                lambda row: (*told(row), f"aleatoric {aleatoric[row].max():.2g}"),
            ),
        ]
    return made


def _of_other_images(run: RunResults, name: str) -> list[Gallery]:
    kept, score = run.predictions, best_score(run.evaluation, name)
    word = score.replace("_", " ")
    own, other = kept.scores[score], kept.ood[name].scores[score]
    return [
        _gallery(
            run,
            "Test images most like another kind",
            f"The highest {word} first: the false alarms of telling {name} from the test images.",
            np.argsort(-own, kind="stable"),
            lambda row: (f"{word} {own[row]:.2f}",),
        ),
        _gallery(
            run,
            f"Images of {name} taken for test images",
            f"The lowest {word} first: what the model does not notice.",
            np.argsort(other, kind="stable"),
            lambda row: (f"{word} {other[row]:.2f}",),
            kept.ood[name].images,
        ),
    ]


def class_labels(kept: Predictions) -> npt.NDArray[np.int64]:
    """Class indices of the labels; of shares of the classes, the largest. Shape [images]."""
    labels = np.asarray(kept.labels)
    return np.asarray(labels.argmax(axis=-1) if labels.ndim == 2 else labels, np.int64)


def _gallery(
    run: RunResults,
    title: str,
    caption: str,
    rows: npt.NDArray[np.intp],
    told: Callable[[int], tuple[str, ...]],
    images: npt.NDArray[Any] | None = None,
) -> Gallery:
    images = run.predictions.images if images is None else images
    value_range, words = run.program.spec.input.value_range, run.program.spec.input.worded
    pictures = []
    for row in map(int, rows[:SHOWN]):
        lines = (*told(row), words(f"image {row}"))
        alternative = "; ".join(lines)
        pictures.append(Picture(png(images[row], value_range), alternative, lines))
    return Gallery(words(title), words(caption), tuple(pictures))


def png(image: npt.NDArray[Any], value_range: Sequence[float]) -> str | None:
    """An image as a PNG in a data URI, of at most 96 pixels a side; None of a series.

    Shapes: [height, width, channels], or [depth, height, width, channels], of which the middle
    slice is shown. Of two channels, or of more than three, the first or the first three are shown.
    """
    if image.ndim == 4:
        image = image[len(image) // 2]
    if image.ndim != 3:
        return None
    low, high = value_range
    scaled = np.clip((np.asarray(image, np.float64) - low) / (high - low), 0, 1)
    levels = np.rint(255 * scaled).astype(np.uint8)
    picture = Image.fromarray(levels[..., :3] if levels.shape[-1] >= 3 else levels[..., 0])
    picture.thumbnail((_MOST_PIXELS, _MOST_PIXELS))
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode('ascii')}"
