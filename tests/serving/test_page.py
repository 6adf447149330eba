"""The page for people, files that are dropped onto it, and what it shows."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from bnnc.serving.page import page_of
from bnnc.specs.data import Resize
from tests.support.serving import client_of, number_model, run_async, tiny_model

PIXELS = np.array([[15, 7], [7, 0]], np.uint8)


def png(pixels: Any = PIXELS) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def dropped(name: str, content: bytes, model: Any = None) -> httpx.Response:
    async def called() -> httpx.Response:
        async with client_of(model or tiny_model()) as client:
            return await client.post("/predict", params={"name": name}, content=content)

    return run_async(called())


def test_an_image_is_answered_with_class_uncertainty_and_set() -> None:
    answer = dropped("three.png", png()).json()
    # Shares of 16, 8 and 8; a quarter of the entropy is of the draws.
    entropy = 0.5 * np.log(2) + 2 * 0.25 * np.log(4)
    assert answer == {
        "model_name": "tiny",
        "rows": [
            {
                "name": "three.png",
                "kind": "class",
                "label": 0,
                "class": "cat",
                "confidence": 0.5,
                "entropy": round(float(entropy), 6),
                "mutual_information": round(float(entropy) / 4, 6),
                "epistemic_share": 0.25,
                "set": ["cat", "dog", "owl"],
                "probabilities": [
                    {"class": "cat", "probability": 0.5},
                    {"class": "dog", "probability": 0.25},
                    {"class": "owl", "probability": 0.25},
                ],
            }
        ],
        "notes": [],
    }


def test_rows_of_a_table_are_answered_with_mean_and_intervals() -> None:
    answer = dropped("rows.csv", b"b,a\n2,1\n5,4\n", number_model()).json()
    first, second = answer["rows"]
    assert (first["name"], second["name"]) == ("rows.csv, 0", "rows.csv, 1")
    assert first["kind"] == "number"
    assert (first["mean"], second["mean"]) == (3.0, 9.0)
    assert first["epistemic_share"] == 0.5
    assert first["intervals"] == [
        {"share": 0.5, "lower": 2.0, "upper": 4.0},
        {"share": 0.9, "lower": 1.0, "upper": 5.0},
        {"share": 0.95, "lower": 0.0, "upper": 6.0},
    ]
    assert first["conformal_interval"] == {"lower": -2.0, "upper": None}


def test_arrays_have_many_rows_and_images_are_resized_as_the_data_says() -> None:
    many = dropped("many.npy", npy(np.stack([PIXELS, PIXELS.T])[..., np.newaxis])).json()
    assert [one["name"] for one in many["rows"]] == ["many.npy, 0", "many.npy, 1"]
    large = png(np.kron(PIXELS, np.ones((4, 4), np.uint8)))
    model = tiny_model(resize=Resize(height=2, width=2, interpolation="nearest"))
    [row] = dropped("large.png", large, model).json()["rows"]
    assert row["confidence"] == 0.5


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("a.exe", b"MZ", 415, "a.exe: expected an image file, or an array in .npy, of 2 × 2 × 1"),
        ("a.npz", b"PK", 415, "a.npz: expected"),
        ("a.png", b"nothing", 400, "a.png: cannot be read as an image"),
        ("../../b.png", png(np.zeros((3, 2), np.uint8)), 400, "b.png: is 3 × 2"),
        ("c.png", png(np.full((2, 2), 200, np.uint8)), 400, "row 0 holds the value 200"),
        ("d.npy", npy(np.zeros((300, 2, 2, 1))), 400, "expected at most 256 images"),
        ("e.npy", npy(np.zeros((1, 2, 2, 2))), 400, "channels 2 instead of 1"),
        ("f\x1b[31m.npy", b"", 400, "f\\x1b[31m.npy"),
    ],
)
def test_other_files_are_refused_with_their_own_name(
    name: str, content: bytes, status: int, said: str
) -> None:
    response = dropped(name, content)
    assert response.status_code == status
    assert said in response.json()["error"]
    assert "/tmp" not in response.json()["error"]


class _Links(HTMLParser):
    """Everything that a page loads or links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.labelled: set[str] = set()
        self.inputs: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [value for name, value in attrs if name in {"src", "href"} and value]
        if tag == "label":
            self.labelled.add(given["for"] or "")
        if tag == "input":
            self.inputs.add(given["id"] or "")


def test_the_page_loads_nothing_and_only_its_own_script_may_run() -> None:
    async def called() -> httpx.Response:
        async with client_of(tiny_model()) as client:
            return await client.get("/")

    response = run_async(called())
    page = response.text
    links = _Links()
    links.feed(page)
    assert set(links.found) == {"data:,", "/v2", "/metrics"}
    assert links.inputs == links.labelled == {"file"}
    assert '<html lang="en">' in page
    assert "[[" not in page
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    for tag in ("script", "style"):
        [inside] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_names_from_outside_are_escaped_on_the_page() -> None:
    odd = ("<script>alert(1)</script>", "[[SCRIPT]]", "\x1b[31m")
    model = tiny_model(
        name="<b>", shape=(3,), value_range=None, feature_names=odd, properties={"draws": "<i>"}
    )
    page, _ = page_of(model)
    assert "<b>" not in page
    assert "<i>" not in page
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert "[[SCRIPT]]" in page
