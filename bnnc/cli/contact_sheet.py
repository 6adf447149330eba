"""The contact sheet of `bnnc data --sheet`: a PNG, or a page of HTML that needs no other file."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bnnc.cli.exit_codes import UserError
from bnnc.compiler.diagnostics.wording import counted
from bnnc.printable import harmless
from bnnc.specs.survey import Picture, Survey
from bnnc.system.writing import refuse_to_replace, whole_file, write_text

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

_MADE_BY = "bnnc data --sheet"  # in the file, by which an earlier sheet is known
_CELL = 80  # pixels of the longer side of an image
_GAP = 10
_CAPTION = 13  # pixels of a line under an image, and its letters
_TITLE = 22
_MARGIN = 16
_COLUMNS = 10
_WARNING = "#b3261e"
_HEADINGS = {"look odd": "Look odd", "same pixels": "Same pixels"}

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1b1f; --faint: #5f5d66; --warn: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #151518; --ink: #e8e6ea; --faint: #a5a2ac; --warn: #ffb4ab; }
}
body { background: var(--paper); color: var(--ink); font: 14px/1.4 system-ui, sans-serif;
  margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; margin: 1.5rem 0 0.4rem; }
p, figcaption, .count { color: var(--faint); }
.count { font-weight: normal; } .warn h2 { color: var(--warn); }
div.row { display: flex; flex-wrap: wrap; gap: 0.7rem; }
figure { margin: 0; width: 6rem; }
img { width: 6rem; height: 6rem; object-fit: contain; image-rendering: pixelated;
  background: color-mix(in srgb, var(--ink) 8%, var(--paper)); }
figcaption { font-size: 0.7rem; overflow-wrap: anywhere; }
"""


def write_sheet(survey: Survey, path: Path) -> None:
    """Write the pictures of a survey by class, odd images and duplicates at the end.

    Raises: UserError for series and volumes; OutputError.
    """
    if any(one.pixels.ndim != 3 or one.pixels.shape[-1] not in (1, 3) for one in survey.pictures):
        raise UserError(
            f"{survey.name}: a contact sheet shows images of 1 or 3 channels, and these rows are none"
        )
    if path.suffix.lower() == ".html":
        write_text(path, _page(survey))
        return
    from PIL import PngImagePlugin

    text = PngImagePlugin.PngInfo()
    text.add_text("Software", _MADE_BY)
    with whole_file(path) as temporary:
        _drawn(survey).save(temporary, format="PNG", pnginfo=text)


def refuse_to_replace_other(path: Path) -> None:
    """Raise OutputError if something else than a contact sheet is at the path of a new one."""
    refuse_to_replace(path, _MADE_BY.encode(), "a contact sheet")


def _rows(survey: Survey) -> Iterable[tuple[str, str, list[Picture]]]:
    """Heading, rows of that class, and pictures."""
    counts = survey.label_counts
    for heading, pictures in groupby(survey.pictures, key=lambda one: one.heading):
        shown = list(pictures)
        label = shown[0].place.label
        count = ""
        if heading == "look odd":
            count = f"{len(survey.odd):,}"
        elif heading == "same pixels":
            count = counted(len(survey.duplicates), "group")
        elif counts is not None and label is not None:
            count = counted(counts["train"][label], "training row")
        yield heading, count, shown


def _title(survey: Survey) -> str:
    return harmless(survey.name)


def _subtitle(survey: Survey) -> str:
    return ", ".join(f"{count:,} {part}" for part, count in survey.rows.items())


def _caption(one: Picture) -> str:
    return harmless(str(one.place))


def _thumbnail(pixels: Any, values: tuple[float, float]) -> Image.Image:
    """Pixels [height, width, channels] as an image of 8 bits, whose longer side fills a cell."""
    from PIL import Image

    low, high = values
    scaled = (pixels.astype(np.float64) - low) * (255 / max(high - low, 1e-12))
    eight = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    image = Image.fromarray(eight[..., 0] if eight.shape[-1] == 1 else eight)
    longer = max(image.size)
    width, height = (max(round(side * _CELL / longer), 1) for side in image.size)
    smooth = longer > _CELL
    return image.resize(
        (width, height), Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    )


def _values(survey: Survey) -> tuple[float, float]:
    return survey.value_range or survey.values or (0.0, 255.0)


def _page(survey: Survey) -> str:
    values = _values(survey)
    parts = []
    for heading, count, pictures in _rows(survey):
        warn = " class='warn'" if heading in _HEADINGS else ""
        title = html.escape(harmless(_HEADINGS.get(heading, heading)))
        figures = "\n".join(_figure(one, values) for one in pictures)
        parts.append(
            f"<section{warn}>\n<h2>{title} <span class='count'>{count}</span></h2>\n"
            f"<div class='row'>\n{figures}\n</div>\n</section>"
        )
    title = html.escape(_title(survey))
    body = "\n".join(parts)
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width'>\n"
        f"<meta name='generator' content='{_MADE_BY}'>\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f"<p>{html.escape(_subtitle(survey))}</p>\n{body}\n</body>\n</html>\n"
    )


def _figure(one: Picture, values: tuple[float, float]) -> str:
    file = io.BytesIO()
    _thumbnail(one.pixels, values).save(file, format="PNG")
    data = base64.b64encode(file.getvalue()).decode()
    caption = html.escape(_caption(one), quote=True)
    kind = html.escape(harmless(one.heading), quote=True)
    note = f"<br>{html.escape(one.note)}" if one.note else ""
    alt = f"{kind}: {caption}"
    return (
        f"<figure><img src='data:image/png;base64,{data}' alt='{alt}' title='{caption}'>"
        f"<figcaption>{caption.replace('/', '/<wbr>')}{note}</figcaption></figure>"
    )


def _drawn(survey: Survey) -> Image.Image:
    """The sheet as an image, ten pictures beside each other."""
    from PIL import Image, ImageDraw, ImageFont

    rows = list(_rows(survey))
    line = _CELL + 2 * _CAPTION + _GAP
    lines = sum(-(-len(pictures) // _COLUMNS) for _, _, pictures in rows)
    height = 2 * _MARGIN + 2 * _TITLE + len(rows) * (_TITLE + _GAP) + lines * line
    width = 2 * _MARGIN + _COLUMNS * (_CELL + _GAP) - _GAP
    sheet = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(sheet)
    large, small = ImageFont.load_default(16), ImageFont.load_default(10)
    top = _MARGIN
    draw.text((_MARGIN, top), _title(survey), fill="black", font=large)
    draw.text((_MARGIN, top + _TITLE), _subtitle(survey), fill="#555", font=small)
    top += 2 * _TITLE
    for heading, count, pictures in rows:
        color = _WARNING if heading in _HEADINGS else "black"
        name = harmless(_HEADINGS.get(heading, heading))
        draw.text((_MARGIN, top), f"{name}   {count}", fill=color, font=ImageFont.load_default(13))
        top += _TITLE
        for index, one in enumerate(pictures):
            column = index % _COLUMNS
            if index and column == 0:
                top += line
            _draw_picture(sheet, draw, one, _MARGIN + column * (_CELL + _GAP), top, small, survey)
        top += line + _GAP
    return sheet


def _draw_picture(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    one: Picture,
    left: int,
    top: int,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    survey: Survey,
) -> None:
    image = _thumbnail(one.pixels, _values(survey)).convert("RGB")
    draw.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), fill="#eee")
    sheet.paste(image, (left + (_CELL - image.width) // 2, top + (_CELL - image.height) // 2))
    caption = _caption(one)
    if one.heading not in _HEADINGS:
        caption = caption.rpartition("/")[2]
    if draw.textlength(caption, font=font) > _CELL:
        while draw.textlength(f"…{caption}", font=font) > _CELL and len(caption) > 1:
            caption = caption[1:]
        caption = f"…{caption}"
    draw.text((left, top + _CELL), caption, fill="#555", font=font)
    draw.text((left, top + _CELL + _CAPTION), one.note, fill=_WARNING, font=font)
