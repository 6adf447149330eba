"""Every file is opened by `bnnc.system.reading`; what opens one otherwise is listed with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What opens a file by its path: methods of paths, and functions of libraries.
OPENS = frozenset({"open", "read_text", "read_bytes", "ZipFile", "load_model", "load_weights"})
OF_A_FILE_THAT_IS_OPEN = frozenset(
    {"gzip.open", "Image.open", "archive.open", "zipfile.ZipFile", "model.watch.load_weights"}
)

OTHERWISE = {
    "bnnc/cli/streams.py": "os.devnull, to write",
    "bnnc/cli/init.py": "specs of the package",
    "bnnc/cli/predict.py": "a file to write",
    "bnnc/cli/prediction_files.py": "parts that it has written itself, and the file of them all",
    "bnnc/reporting/html_page.py": "templates of the packages, and figures that it has just drawn",
    "bnnc/serving/page.py": "templates of the package",
    "bnnc/cli/workers.py": "os.devnull, to write",
    "bnnc/sweeping/storage.py": "locks to hold, and Optuna's journal to write",
    "bnnc/system/locks.py": "a lock to hold",
    "bnnc/system/reading.py": "the guarded function itself",
    "bnnc/system/writing.py": "files to write",
    "compiler/analysis/budget.py": "limits of the system's own",
    "compiler/language/concepts/__init__.py": "pages of the package",
    "runtime/artifacts.py": "a schema of the package; a model after its archive was looked through",
    "runtime/data/disk_cache.py": "a cache to write",
    "runtime/exporting/export.py": "what it has just written, in the runtime of the format",
    "runtime/layers/backbone.py": "weights after their file was looked through",
    "specs/applications.py": "a table of the package",
    "specs/schema.py": "the schema of the package",
}


def opened(path: Path) -> Iterator[str]:
    """The calls in a module that open a file by its path."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        # A bare name but `open` is a function of ours.
        opens = called == "open" or called.partition(".")[2].rpartition(".")[2] in OPENS
        if opens and called not in OF_A_FILE_THAT_IS_OPEN:
            yield f"{called}, line {node.lineno}"


def test_no_module_opens_a_file_by_itself_without_a_reason() -> None:
    files = [
        path
        for folder in ("bnnc", "compiler", "runtime", "specs")
        for path in (ROOT / folder).rglob("*.py")
        if not any(part.is_symlink() for part in path.parents)
    ]
    found = {str(path.relative_to(ROOT)): list(opened(path)) for path in files}
    found = {name: calls for name, calls in found.items() if calls}
    assert {name: calls for name, calls in found.items() if name not in OTHERWISE} == {}
    assert set(OTHERWISE) == set(found), "a reason for a file that opens nothing"
