"""Write everything that bnnc prints about its own specs and rules, to compare two versions.

    python -m tests.support.printed_outputs FOLDER

Run it on both versions, each with a folder of its own, and compare them with `diff -r`. A change of
the structure alone leaves every byte as it was: the pages of all rules and fields, the findings of
the corpus in every form, the stages and fingerprints of the gallery, and the JSON Schema.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from pathlib import Path

from bnnc.cli.app import run

ROOT = Path(__file__).resolve().parents[2]
FORMS = ("text", "json", "github", "sarif")
STAGES = ("tree", "spec", "plan", "python")


def printed(*arguments: str) -> str:
    """What a command prints, and its exit code."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = run(list(arguments))
    return f"{out.getvalue()}\nexit {code}\n"


def outputs() -> dict[str, str]:
    """Every output, by the name of the file that it is written to; run in the project's root."""
    listed = printed("explain")
    found = {"rules.txt": listed, "schema.json": printed("schema")}
    for code in re.findall(r"^BNN\d{3}", listed, re.MULTILINE):
        found[f"explain/{code}.txt"] = printed("explain", code)
    for field in fields():
        found[f"explain/{field}.txt"] = printed("explain", field)
    corpus, gallery = (
        sorted(Path("tests/corpus").glob("*.yaml")),
        sorted(Path("specs/gallery").glob("*.yaml")),
    )
    for form in FORMS:
        for spec in (*corpus, *gallery):
            found[f"check-{form}/{spec.stem}.txt"] = printed(
                "check", str(spec), "--output-format", form
            )
    for spec in corpus:
        found[f"fix/{spec.stem}.txt"] = printed("check", "--unsafe-fixes", "--diff", str(spec))
    for stage in STAGES:
        for spec in gallery:
            found[f"{stage}/{spec.stem}.txt"] = printed("build", str(spec), "--emit", stage)
    for spec in gallery:
        found[f"plan-table/{spec.stem}.txt"] = printed("plan", "-v", str(spec))
    return found


def fields() -> list[str]:
    """The paths of all fields of the language, read off the pages of the sections."""
    found, waiting = [], ["bnnc", "input", "layers", "bayesian", "output", "loss", "training"]
    waiting += ["prediction", "data", "ensemble"]
    while waiting:
        field = waiting.pop()
        found.append(field)
        listed = printed("explain", field).partition("\nFields:\n")[2]
        waiting += re.findall(r"^  (\S+)", listed, re.MULTILINE)
    return sorted(found)


def main(folder: Path) -> None:
    """Write every output below a folder."""
    os.chdir(ROOT)
    for name, text in outputs().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).absolute())
