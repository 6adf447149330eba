"""The page at `/`: one HTML file that loads nothing, onto which a file is dropped."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources

from bnnc.printable import harmless
from bnnc.serving.served import ServedModel
from bnnc.serving.uploads import expected, suffixes
from bnnc.version import VERSION


def page_of(model: ServedModel) -> tuple[str, dict[str, str]]:
    """The page of a model, and its headers: only its own script runs."""
    script, style = _text("page.js"), _style()
    parts = {
        "TITLE": _shown(model.name),
        "EXPECTED": _shown(expected(model)),
        "ACCEPT": _shown(",".join(suffixes(model))),
        "NOUN": model.noun,
        "VERSION": VERSION,
        "FACTS": _facts(model),
        "STYLE": style,
        "SCRIPT": script,
    }
    made = re.sub(r"\[\[(\w+)\]\]", lambda found: parts[found[1]], _text("page.html"))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return made, {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}


def _facts(model: ServedModel) -> str:
    said = model.properties
    facts = {
        "runs on": model.platform,
        "weight draws": said.get("draws", ""),
        "calibration": ", ".join(
            name
            for name, value in json.loads(said.get("calibration", "{}")).items()
            if isinstance(value, dict)
        ),
        "fingerprint": said.get("fingerprint", "")[:19],
    }
    return "".join(
        f"<div><dt>{name}</dt><dd>{_shown(value)}</dd></div>"
        for name, value in facts.items()
        if value
    )


def _shown(text: str) -> str:
    return html.escape(harmless(text))


def _style() -> str:
    report = resources.files("bnnc.reporting").joinpath("report.css").read_text("utf-8")
    return f"{report}\n{_text('page.css')}"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(name: str) -> str:
    return resources.files("bnnc.serving").joinpath(name).read_text("utf-8")
