"""Write what is expected of the scripts of `corpus/`: `python tests/scripts/regenerate.py`."""

from __future__ import annotations

from pathlib import Path

from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check_bytes

if __name__ == "__main__":
    folder = Path(__file__).parent / "corpus"
    for script in sorted([*folder.glob("*.py"), *folder.glob("*.ipynb")]):
        found = check_bytes(script.name, script.read_bytes()).diagnostics
        script.with_suffix(".txt").write_text(render(found) + "\n", encoding="utf-8")
