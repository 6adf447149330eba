"""Sentences about images, said of the rows of a table."""

import pytest

from bnnc.specs.examples import of_rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("an image has pixels", "a row has values"),
        ("nats per image", "nats per row"),
        ("`images` of the images", "`images` of the rows"),
        ("data/images, my-images.csv and image_1", "data/images, my-images.csv and image_1"),
        ("image files", "image files"),
    ],
)
def test_words_become_those_of_rows_and_names_stay(text: str, said: str) -> None:
    assert of_rows(text) == said
