"""A figure draws the numbers of its table, on the axes that it is given."""

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from bnnc.errors import ArgumentError, MissingExtraError
from bnnc.runtime.evaluation.posterior import layer_posteriors
from bnnc.runtime.figures import style
from tests.support.tiny_program import CLASSES, SHAPE, arrays, program, shared_program

matplotlib.use("agg")

NUMBERS: dict[str, Any] = {
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 2}],
    "output": {
        "distribution": "normal",
        "parameterization": "loc_and_unconstrained_scale",
        "labels": "real",
    },
}


@pytest.fixture
def axes() -> Iterator[Any]:
    figure, ax = pyplot.subplots()
    yield ax
    pyplot.close(figure)


@pytest.fixture(scope="module")
def evaluated() -> Any:
    noise = np.random.default_rng(0).uniform(0, 16, (25, *SHAPE)).astype(np.float32)
    return shared_program().evaluate(
        *arrays(60),
        samples=4,
        bootstrap=20,
        ood={"$noise$": noise},
        shift=["blur", "contrast"],
        keep_predictions=True,
    )


@pytest.fixture(scope="module")
def of_numbers() -> tuple[Any, Any]:
    whole = program(**NUMBERS)
    images, labels = arrays(60)
    return whole, whole.evaluate(
        images, labels.astype(np.float32), samples=4, bootstrap=20, keep_predictions=True
    )


def line(ax: Any, label: str) -> Any:
    """The points of the curve with a label. Shape [points, 2]."""
    (found,) = [one for one in ax.get_lines() if one.get_label() == label]
    return np.asarray(found.get_xydata())


def test_a_figure_is_drawn_on_the_axes_that_are_given_or_on_new_ones(
    axes: Any, evaluated: Any
) -> None:
    plot = shared_program().plot
    assert plot.reliability(evaluated, ax=axes) is axes
    made = plot.reliability(evaluated)
    assert made is not axes
    pyplot.close(made.figure)


def test_the_reliability_diagram_has_accuracy_and_confidence_of_each_bin(
    axes: Any, evaluated: Any
) -> None:
    ax = shared_program().plot.reliability(evaluated, ax=axes)
    bins = [one for one in evaluated.tables["reliability"] if one["rows"]]
    (errors,) = [one for one in ax.containers if one.get_label() == "accuracy"]
    drawn = np.asarray(errors.lines[0].get_xydata())
    np.testing.assert_allclose(drawn, [[one["confidence"], one["accuracy"]] for one in bins])
    (bars,) = [one for one in ax.containers if one.get_label() == "share of the images"]
    assert sum(bar.get_height() for bar in bars) == pytest.approx(1)


def test_the_risk_curve_ends_at_the_share_of_errors(axes: Any, evaluated: Any) -> None:
    ax = shared_program().plot.risk_coverage(evaluated, ax=axes)
    drawn = line(ax, "most confident images first")
    assert drawn[-1] == pytest.approx([1, 1 - evaluated["accuracy"]])
    np.testing.assert_allclose(drawn[:, 1], evaluated.tables["risk_and_coverage"]["risk"])


def test_the_confusion_matrix_has_every_count(axes: Any, evaluated: Any) -> None:
    ax = shared_program().plot.confusion(evaluated, ax=axes)
    counts = np.asarray(evaluated.tables["confusion"])
    drawn = np.zeros((CLASSES, CLASSES), int)
    for text in ax.texts:
        column, row = text.get_position()
        drawn[row, column] = int(text.get_text())
    np.testing.assert_array_equal(drawn, counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.testing.assert_allclose(np.asarray(ax.images[0].get_array()) ** 2, shares)


def test_the_score_with_the_highest_auroc_is_drawn_if_none_is_named(
    axes: Any, evaluated: Any
) -> None:
    scores = evaluated.ood["$noise$"]["scores"]
    best = max(scores, key=lambda name: float(scores[name]["auroc"]))
    ax = shared_program().plot.ood(evaluated, ax=axes)
    shares, edges, _ = ax.patches[-1].get_data()
    np.testing.assert_allclose(shares, scores[best]["histogram"]["other"])
    np.testing.assert_allclose(edges, scores[best]["histogram"]["edges"])
    ax.figure.canvas.draw()  # a name with dollar signs is no formula
    assert r"\$noise\$" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_curves_of_corruptions_begin_at_the_figure_without_any(
    axes: Any, evaluated: Any
) -> None:
    ax = shared_program().plot.shift(evaluated, figure="nll", ax=axes)
    for container, (name, found) in zip(ax.containers, evaluated.shift.items(), strict=True):
        assert container.get_label() == name
        drawn = container.lines[0].get_xydata()
        np.testing.assert_allclose(drawn[:, 1], [evaluated["nll"], *found["nll"]])


def test_a_training_is_drawn_from_its_history_with_the_warm_up(axes: Any) -> None:
    whole = program(loss={"kl": {"warmup_epochs": 1}})
    history = whole.fit(*arrays(24), verbose=0, validation_split=0.25)
    ax = whole.plot.training(history, ax=axes)
    assert line(ax, "training")[:, 1].tolist() == history.history["nll"]
    assert line(ax, "validation")[:, 1].tolist() == history.history["val_nll"]
    assert line(ax, "KL warm-up")[:, 0].tolist() == [1.5, 1.5]
    metrics = [{"epoch": 1, "member": place, "nll": place + 1.0} for place in (0, 1)]
    pyplot.cla()
    curves = whole.plot.training(metrics, ax=axes).get_lines()
    assert [one.get_ydata().tolist() for one in curves[-2:]] == [[1.0], [2.0]]


def test_the_posterior_of_each_layer_is_that_of_its_weights(axes: Any) -> None:
    whole = shared_program()
    found = layer_posteriors(whole.models)
    assert [one.layer for one in found] == ["conv2d", "dense"]
    assert sum(one.kl for one in found) == pytest.approx(float(whole.model.kl_divergence()), 1e-6)
    for one in found:
        layer = whole.model.get_layer(one.layer)
        means, scales = np.asarray(layer.kernel_mean), np.asarray(layer.kernel_scale)
        assert one.weights == means.size
        assert one.signal_to_noise[2] == pytest.approx(np.median(np.abs(means) / scales))
        assert one.scale[2] == pytest.approx(np.median(scales))
        assert one.prior_scale == pytest.approx(float(layer.kernel_prior.stddev()))
    ax = whole.plot.posterior(quantity="kl", ax=axes)
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx([one.kl / one.weights for one in found])


def test_predicted_numbers_are_drawn_over_their_labels(
    axes: Any, of_numbers: tuple[Any, Any]
) -> None:
    whole, evaluation = of_numbers
    ax = whole.plot.predicted_against_true(evaluation, ax=axes)
    drawn = line(ax, "mean")
    labels = np.sort(evaluation.predictions.labels, kind="stable")
    # Those with the same label are next to each other: nearer to it than to another one.
    np.testing.assert_array_equal(np.round(drawn[:, 0]), labels)
    np.testing.assert_allclose(
        np.sort(drawn[:, 1]), np.sort(evaluation.predictions.prediction.mean)
    )


def test_the_histogram_of_the_transform_has_every_image(
    axes: Any, of_numbers: tuple[Any, Any]
) -> None:
    whole, evaluation = of_numbers
    ax = whole.plot.pit(evaluation, ax=axes)
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("pit", {}, "with the table `pit`. Received: one with the tables reliability"),
        ("predicted_against_true", {}, "an evaluation of a model of numbers. Received: one with a"),
        ("ood", {"source": "mnist"}, r"`source` to be one of \$noise\$. Received: 'mnist'"),
        ("ood", {"score": "std"}, "`score` to be one of confidence, entropy"),
        ("shift", {"figure": "rmse"}, "`figure` to be one of accuracy, nll, ece"),
    ],
)
def test_a_figure_that_the_evaluation_does_not_have_is_refused(
    name: str, arguments: dict[str, str], message: str, evaluated: Any
) -> None:
    with pytest.raises(ArgumentError, match=message):
        getattr(shared_program().plot, name)(evaluated, **arguments)


def test_what_was_not_asked_of_the_evaluation_is_refused(of_numbers: tuple[Any, Any]) -> None:
    plain = shared_program("none").evaluate(*arrays(8), bootstrap=0)
    plot = shared_program("none").plot
    with pytest.raises(ArgumentError, match="made with `ood=...`"):
        plot.ood(plain)
    with pytest.raises(ArgumentError, match="made with `shift=True`"):
        plot.shift(plain)
    with pytest.raises(ArgumentError, match="made with `keep_predictions=True`"):
        plot.predicted_against_true(plain)
    with pytest.raises(ArgumentError, match="a normal posterior on a kernel"):
        plot.posterior()
    with pytest.raises(ArgumentError, match="at least one epoch"):
        plot.training([])
    with pytest.raises(ArgumentError, match="`metric` to be one of nll"):
        plot.training([{"epoch": 1, "nll": 0.5}], metric="accuracy")


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'bnnc\[report\]'"):
        style.require_matplotlib()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2.1."""

    def luminance(color: str) -> float:
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", [*(one for one, _ in style.CURVES), style.INK, style.MUTED])
def test_every_colour_has_enough_contrast_with_white(color: str) -> None:
    assert contrast(color, "#ffffff") >= 4.5
