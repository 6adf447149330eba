"""Write what is expected of the specs of this folder, and print what changes by that.

    python tests/corpus/regenerate.py

To add a case, write NAME.yaml beside this file and run it. Read each text that it writes as
someone who has never seen bnnc: where, why, and what instead. A text that does not say so is a
rule to be worded better, not a case to be accepted.
"""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path

from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import check_bytes

FOLDER = Path(__file__).parent


def rendered(spec: Path) -> str:
    """The findings of a spec as text, the spec called by its file's name."""
    return render(check_bytes(spec.name, spec.read_bytes()).diagnostics) + "\n"


def main() -> None:
    """Write every expected text that differs, and those of new specs."""
    for spec in sorted(FOLDER.glob("*.yaml")):
        expected = spec.with_suffix(".txt")
        before = expected.read_text(encoding="utf-8") if expected.exists() else ""
        after = rendered(spec)
        sys.stdout.writelines(
            unified_diff(
                before.splitlines(keepends=True),
                after.splitlines(keepends=True),
                expected.name,
                f"{expected.name} (new)",
            )
        )
        if after != before:
            expected.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
