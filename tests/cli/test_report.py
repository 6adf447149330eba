"""`bnnc report`: the page says what the evaluation says, loads nothing, and can be read by all."""

from __future__ import annotations

import contextlib
import io
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import bnnc
from bnnc.cli.app import run
from bnnc.reporting.drawing import THEMED
from bnnc.reporting.preflight import refuse_to_replace_other
from tests.cli.test_commands import DIGITS, Shell, shell, trained

__all__ = ["shell", "trained"]

REGRESSION = str(Path(DIGITS).parent / "digits-regression.yaml")
VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """The elements of a page, checked for their nesting, with the text of each.

    Attributes:
        elements: (tag, attributes) in the order of the page.
        texts: the text of every element with an id, and of every table row as cells.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.rows: list[list[str]] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag not in VOID:
            self._open.append((tag, attributes.get("id", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for tag, name in self._open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data
            if tag in {"td", "th"}:
                self.rows[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def row(self, first: str) -> list[str]:
        """The first table row that begins with a cell."""
        return next(row for row in self.rows if row and row[0] == first)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of another spec on the same data."""
    folder = tmp_path_factory.mktemp("cli") / "other"
    changes = ("--set", "bayesian.method=none", "--set", "training.batch_size=32")
    assert run(["train", DIGITS, "--run", str(folder), "--epochs", "2", *changes]) == 0
    return folder


def page_of(shell: Shell, *arguments: object) -> Page:
    code, out, err = shell("report", *arguments, "-o", "page.html")
    assert (code, err) == (0, ""), err
    assert out.endswith("page.html: open it in a browser\n")
    return Page(Path("page.html").read_text(encoding="utf-8"))


# A source whose name is neither HTML nor a formula.
STRANGE = "<i>&$x$.npz"


@dataclass(frozen=True)
class Reported:
    """A page of one run, what it is made of, and what `bnnc evaluate --json` says of the same."""

    text: str
    page: Page
    evaluation: dict[str, Any]
    printed: str
    folder: Path


@pytest.fixture(scope="module")
def reported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    folder = tmp_path_factory.mktemp("reported")
    noise = np.random.default_rng(0).integers(0, 17, (40, 8, 8))
    np.savez(folder / STRANGE, x_test=noise.astype(np.uint8))
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        options = [str(trained), "--samples", "4", "--ood", STRANGE]
        assert run(["evaluate", *options, "--json"]) == 0
        evaluation = json.loads(printed.getvalue())
        printed.truncate(0)
        printed.seek(0)
        assert run(["report", *options, "--figures", "plots"]) == 0
    text = (folder / "report.html").read_text(encoding="utf-8")
    return Reported(text, Page(text), evaluation, printed.getvalue(), folder)


def test_the_page_has_the_figures_of_evaluate(reported: Reported) -> None:
    page, found = reported.page, reported.evaluation
    for name in ("accuracy", "nll", "ece", "aurc", "mutual_information"):
        expected = f"{found[name]:.4f} ± {found['standard_errors'][name]:.4f}"
        assert page.row(name)[1] == expected
    for one in found["tables"]["classes"]:
        assert [one["class"], str(one["support"]), f"{one['precision']:.4f}"] in [
            row[:3] for row in page.rows
        ]
    accuracy = [100 * one["accuracy"] for one in (found, found["standard_errors"])]
    begins = f'<p class="verdict">{accuracy[0]:.1f} ± {accuracy[1]:.1f} % of 360 test images'
    assert begins in reported.text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_page_loads_nothing(reported: Reported) -> None:
    page, text = reported.page, reported.text
    assert not page.all("script") + page.all("link") + page.all("iframe")
    assert all(one["src"].startswith("data:image/png;base64,") for one in page.all("img"))
    assert not re.findall(r'(?:href|src)="(?!#|data:)', text)
    assert not re.findall(r"url\((?!#)|@import", text)


def test_every_figure_has_a_text_alternative_a_caption_and_a_table(reported: Reported) -> None:
    page = reported.page
    figures = [one["id"] for one in page.all("figure")]
    assert figures == [
        f"run1-{name}"
        for name in (
            *("reliability", "risk-coverage", "confusion", "ood-1"),
            *("training-loss", "training-nll", "training-kl", "training-accuracy"),
            *("posterior-signal-to-noise", "posterior-kl", "posterior-scale"),
        )
    ]
    graphics = page.all("svg")
    assert [one["role"] for one in graphics] == ["img"] * len(figures)
    for one in graphics:
        assert len(page.texts[one["aria-labelledby"]]) > 40
    assert len(page.all("figcaption")) == len(figures)
    assert len(page.all("details")) == len(figures) + 1  # and the findings
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    references = [one["href"] for _, one in page.elements if one.get("href", "").startswith("#")]
    references += [one["xlink:href"] for _, one in page.elements if "xlink:href" in one]
    assert {one.removeprefix("#") for one in references if not one.startswith("data:")} <= set(ids)
    assert all(one["alt"] for one in page.all("img"))


def test_the_colours_of_the_figures_are_those_of_the_theme(reported: Reported) -> None:
    for color, name in THEMED.items():
        # Once a theme, and nowhere as a number in a figure.
        assert reported.text.count(f"--{name}: ") == 2
        assert color not in reported.text.partition("</style>")[2]
    assert "var(--blue)" in reported.text


def test_the_galleries_show_the_images_that_their_captions_name(
    reported: Reported, trained: Path
) -> None:
    evaluation = bnnc.load(trained).evaluate(samples=4, bootstrap=0, keep_predictions=True)
    assert evaluation.predictions is not None
    labels, prediction = evaluation.predictions.labels, evaluation.predictions.prediction
    wrong = np.flatnonzero(prediction.label != labels)
    most = wrong[np.argmax(prediction.confidence[wrong])]
    alternatives = [one["alt"] for one in reported.page.all("img")]
    assert alternatives[0] == (
        f"{prediction.label[most]}, {prediction.confidence[most]:.0%}; label {labels[most]}; "
        f"image {most}"
    )
    unsure = int(np.argmax(prediction.entropy))
    shown = alternatives[min(len(wrong), 12)]
    assert shown.endswith(f"entropy {prediction.entropy[unsure]:.2f}; image {unsure}")


def test_names_from_outside_are_shown_as_text(reported: Reported) -> None:
    assert not reported.page.all("i")
    entropy = reported.evaluation["ood"][STRANGE]["scores"]["entropy"]
    expected = f"{entropy['auroc']:.4f} ± {entropy['standard_errors']['auroc']:.4f}"
    assert expected in [row[1] for row in reported.page.rows if row[0] == "entropy"]
    assert f"Test images and {STRANGE}" in reported.page.texts["run1-ood-1"]


def test_the_figures_are_written_as_svg_and_png(reported: Reported) -> None:
    assert reported.printed == (
        "plots: 11 figures, each as SVG and PNG\nreport.html: open it in a browser\n"
    )
    folder = reported.folder / "plots"
    names = {path.stem for path in folder.iterdir()}
    assert {"reliability", "risk-coverage", "confusion", "training-nll"} < names
    for name in names:
        assert ElementTree.parse(folder / f"{name}.svg").getroot().tag.endswith("svg")
        with Image.open(folder / f"{name}.png") as picture:
            assert picture.width == 960


def test_runs_side_by_side_have_differences_of_figures_and_specs(
    shell: Shell, trained: Path, other: Path
) -> None:
    page = page_of(shell, trained, other, "--samples", "4")
    found = [
        json.loads(shell("evaluate", one, "--samples", "4", "--json")[1])
        for one in (trained, other)
    ]
    _, first, second, difference, _ = page.row("nll")
    assert first.startswith(f"{found[0]['nll']:.4f} ± ")
    assert second.startswith(f"{found[1]['nll']:.4f} ± ")
    assert difference.startswith(f"{found[1]['nll'] - found[0]['nll']:+.4f} ± ")
    assert page.row("baseline_accuracy")[3] == "+0.0000 ± 0.0000"  # the same images
    assert page.row("bayesian.method") == ["bayesian.method", "flipout", "none"]
    assert page.row("training.batch_size") == ["training.batch_size", "64", "32"]
    text = Path("page.html").read_text(encoding="utf-8")
    assert "by the paired bootstrap" in " ".join(text.split())
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {"run1-reliability", "run2-reliability", "run1-posterior-kl"} <= set(ids)


def test_numbers_are_shown_with_their_intervals(
    shell: Shell, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cli") / "numbers"
    assert run(["train", REGRESSION, "--run", str(folder), "--epochs", "1"]) == 0
    shell("schema")  # drops what the training printed
    page = page_of(shell, folder, "--samples", "2")
    ids = [one["id"] for one in page.all("figure")]
    assert ids[:2] == ["run1-predicted-against-true", "run1-pit"]
    found = json.loads(shell("evaluate", folder, "--samples", "2", "--json")[1])
    assert page.row("rmse")[1].startswith(f"{found['rmse']:.4f} ± ")
    bins = found["tables"]["pit"]
    assert page.row("0.00 to 0.05")[1] == f"{bins[0]['share']:.4f}"
    assert len(page.all("img")) == 4 * 12


def test_an_earlier_report_is_replaced_and_nothing_else(
    shell: Shell, reported: Reported, trained: Path
) -> None:
    Path("page.html").write_text("<html>mine</html>", encoding="utf-8")
    code, _, err = shell("report", trained, "-o", "page.html")
    assert code == 2
    assert err == "error: page.html exists and is not a report of bnnc; choose another file\n"
    assert Path("page.html").read_text(encoding="utf-8") == "<html>mine</html>"
    refuse_to_replace_other(reported.folder / "report.html")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "nowhere does not exist"),
        (("RUN", "--ood", "nosuch"), "nosuch: neither a known name nor an existing path"),
        (("RUN", "--data", "nosuch"), "nosuch: neither a known name nor an existing path"),
        (("RUN", "-o", "no/such/page.html"), "cannot be written"),
        (("RUN", "--figures", "file.txt"), "file.txt is a file; expected a folder"),
        ((), "Missing argument 'RUN...'"),
    ],
)
def test_wrong_use_is_refused(
    arguments: tuple[str, ...], message: str, shell: Shell, trained: Path
) -> None:
    Path("file.txt").write_text("text", encoding="utf-8")
    given = [str(trained) if one == "RUN" else one for one in arguments]
    code, _, err = shell("report", *given)
    assert code == 2
    assert message in err
    assert not Path("report.html").exists()


def test_without_the_extra_the_way_out_is_named(
    shell: Shell, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    code, _, err = shell("report", trained)
    assert code == 2
    assert (
        err
        == "error: A report needs Jinja2, which is not installed: `pip install 'bnnc[report]'`\n"
    )
