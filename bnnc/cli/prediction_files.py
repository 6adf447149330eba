"""Write predictions part by part, so that a killed command goes on where it was.

The parts of `out.csv` are files in the folder `out.csv.partial`, each written whole or not at all.
The name of a part has the digest of its rows, so that what is predicted for other images is not
taken for it. When all are there, `out.csv` is put together and takes its place, and the folder is
removed.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bnnc.errors import MissingExtraError, OutputError
from bnnc.printable import harmless
from bnnc.system.reading import read_file
from bnnc.system.writing import locked, whole_file, write_bytes, write_text

if TYPE_CHECKING:
    from bnnc.cli.prediction_rows import Row
    from bnnc.runtime.data.prediction_images import FoundImages

# Images of a part: enough that a part takes far longer than its file, and few enough for memory.
_MOST_ROWS, _MOST_BYTES = 4096, 64 * 2**20
_JOB = "job.json"


class Form(Protocol):
    """How predictions are written to a file."""

    def encoded(self, rows: Sequence[Row], *, is_first: bool) -> bytes:
        """The bytes of a part."""

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """Write the whole file from the files of its parts."""


class _Text:
    def encoded(self, rows: Sequence[Row], *, is_first: bool) -> bytes:
        # Names may have bytes that are not UTF-8, which are written as `\udcff`.
        return self.text(rows, is_first=is_first).encode("utf-8", "backslashreplace")

    def text(self, rows: Sequence[Row], *, is_first: bool) -> str:
        raise NotImplementedError

    def join(self, parts: Sequence[Path], target: Path) -> None:
        with target.open("wb") as whole:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, whole)


class Csv(_Text):
    """A line for each row, after one with the names of the columns."""

    def text(self, rows: Sequence[Row], *, is_first: bool) -> str:
        """A table is looked at in a terminal, and a name of a file or a class may be anything."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        if is_first:
            writer.writerow([harmless(column) for column in rows[0]])
        for row in rows:
            writer.writerow(
                [harmless(one) if isinstance(one, str) else one for one in row.values()]
            )
        return file.getvalue()


class JsonLines(_Text):
    """A JSON object for each row."""

    def text(self, rows: Sequence[Row], *, is_first: bool) -> str:
        """A line for each row."""
        return "".join(json.dumps(row) + "\n" for row in rows)


class Parquet:
    """A Parquet file with a group of rows for each part."""

    def __init__(self) -> None:
        try:
            import pyarrow.parquet
        except ImportError:
            raise MissingExtraError("pyarrow", "parquet", "writing Parquet") from None
        self._arrow, self._parquet = pyarrow, pyarrow.parquet

    def encoded(self, rows: Sequence[Row], *, is_first: bool) -> bytes:
        """The rows as a Parquet file of their own."""
        file = io.BytesIO()
        plain = [{_utf8(key): _utf8(value) for key, value in row.items()} for row in rows]
        self._parquet.write_table(self._arrow.Table.from_pylist(plain), file)
        return file.getvalue()

    def join(self, parts: Sequence[Path], target: Path) -> None:
        """Copy the parts, one at a time."""
        schema = self._parquet.read_schema(parts[0])
        with self._parquet.ParquetWriter(target, schema) as whole:
            for part in parts:
                whole.write_table(self._parquet.read_table(part))


def _utf8(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value


FORMS: dict[str, Callable[[], Form]] = {"csv": Csv, "jsonl": JsonLines, "parquet": Parquet}


def parts_of(found: FoundImages) -> list[slice]:
    """The rows of each part: as many as fit into 64 MiB, at most 4,096."""
    images = found.images
    size = images.dtype.itemsize
    for length in images.shape[1:]:
        size *= length
    each = min(max(_MOST_BYTES // size, 1), _MOST_ROWS)
    return [slice(first, first + each) for first in range(0, len(found), each)]


def write_predictions(
    output: Path,
    form: Form,
    found: FoundImages,
    predict: Callable[[slice], list[Row]],
    job: dict[str, Any],
    *,
    resumed: Callable[[int], None],
    progress: Callable[[int, int], None],
) -> None:
    """Predict part by part, and write the file whole.

    Args:
        output: the file.
        form: how it is written.
        found: the images.
        predict: the rows of the table for some images.
        job: what the predictions depend on, but for the images; plain values.
        resumed: called with the number of images that were predicted before, if there are some.
        progress: called with the number of images that are predicted, and of all.

    Raises: OutputError; DataError for images that cannot be read. The parts that are there stay.
    """
    parts = parts_of(found)
    with _folder_of_parts(output, job, is_kept=len(parts) > 1) as folder:
        files = [
            folder / f"{number:06d}-{found.digest(rows)[:16]}" for number, rows in enumerate(parts)
        ]
        left = [number for number, file in enumerate(files) if not file.is_file()]
        done = sum(len(found.names[parts[number]]) for number in {*range(len(parts))} - {*left})
        if done:
            resumed(done)
        for number in left:
            rows = predict(parts[number])
            write_bytes(files[number], form.encoded(rows, is_first=number == 0))
            done += len(rows)
            progress(done, len(found))
        with whole_file(output) as temporary:
            form.join(files, temporary)


@contextlib.contextmanager
def _folder_of_parts(output: Path, job: dict[str, Any], *, is_kept: bool) -> Iterator[Path]:
    """The locked folder of the parts, which is removed if the block ends without an error.

    A pipe or a device as output, and a single part, have a temporary one.
    """
    if not is_kept or (output.exists() and not output.is_file()):
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)
        return
    folder = output.with_name(f"{output.name}.partial")
    try:
        folder.mkdir(exist_ok=True)
        others = any(not one.name.startswith(".bnnc") for one in folder.iterdir())
        if others and not (folder / _JOB).is_file():
            raise OutputError(
                f"{folder} is where the parts of {output.name} are written, and holds something else: "
                "move it away, or choose another name"
            )
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error
    with locked(folder):
        _keep_parts_of(folder, job)
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _keep_parts_of(folder: Path, job: dict[str, Any]) -> None:
    """Remove the parts of another job, and write down which one this is."""
    text = json.dumps(job, indent=2, sort_keys=True)
    with contextlib.suppress(OSError):
        if read_file(folder / _JOB) == text.encode():
            return
    for part in folder.glob("[0-9]*-*"):
        part.unlink()
    write_text(folder / _JOB, text)
