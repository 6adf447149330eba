"""Images in a column of Parquet and Arrow files, as Hugging Face's `datasets` writes them.

A column of images is one of structs `{bytes, path}`, or of bytes. `datasets` itself is not needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.class_order import own_or_listed
from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.encoded_parts import UNKNOWN, kept_or_streamed, with_header
from bnnc.runtime.data.errors import DataError, SpecDataError
from bnnc.runtime.data.image_files import EncodedImages
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import MOST_HEADERS
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
from bnnc.runtime.data.shards import Shards, shards_of
from bnnc.runtime.data.stored_images import Rows
from bnnc.runtime.data.table_columns import PATH_COLUMNS, column_of, groups_of, target_columns
from bnnc.runtime.data.table_file import TextTable, cell_text
from bnnc.runtime.data.table_labels import TableLabels, label_facts, labels_of_table
from bnnc.specs.class_names import listed
from bnnc.specs.data import Reading
from bnnc.specs.sources import DataFacts
from bnnc.system.reading import open_file

# Rows whose labels a check reads.
MOST_ROWS: Final = 100_000
_SUFFIXES: Final = (".parquet", ".arrow")


@dataclass(frozen=True, eq=False, kw_only=True)
class ArrowImages(EncodedImages):
    """Image files in a column of tables.

    Attributes:
        files: the tables, and the first row of each.
        column: the bytes of the images, a `pyarrow.ChunkedArray`.
        numbers: numbers of the rows in the column.
    """

    files: Sequence[tuple[Path, int]]
    column: Any
    numbers: npt.NDArray[np.int64]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.numbers)

    def __getitem__(self, rows: Rows) -> ArrowImages:
        return replace(self, numbers=self.numbers[rows])

    def path(self, row: int) -> Path:
        """The file of a row, and the number of the row in it, from 1."""
        number = int(self.numbers[row])
        file, first = next(one for one in reversed(self.files) if one[1] <= number)
        return Path(f"{file}, row {number - first + 1}")

    def content(self, row: int) -> bytes:
        """The image file of a row. Raises: DataError where the table does not hold it."""
        content = self.column[int(self.numbers[row])].as_py()
        if content is None:
            raise DataError(
                f"{self.path(row)}: holds no bytes of an image, perhaps a path. Expected the images in "
                "the file. Write it with `datasets`, which embeds them: `push_to_hub`, `save_to_disk` "
                "or `to_parquet` after `cast_column(NAME, Image(decode=False))`."
            )
        return bytes(content)

    def fingerprint(self) -> bytes:
        """Names of the files, and which rows of them."""
        names = [(file.name, first) for file, first in self.files]
        return repr((self.shape, names)).encode() + self.numbers.tobytes()

    def files_read(self) -> list[Path]:
        """The tables."""
        return [file for file, _ in self.files]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The columns that are read of the files of a part."""

    files: list[tuple[Path, int]]
    table: Any
    image: str
    targets: tuple[str, ...]
    names: tuple[str, ...] | None


def is_arrow(file: Path) -> bool:
    """Whether a file is called as Parquet and Arrow files are."""
    return file.suffix.lower() in _SUFFIXES


def holds_images(file: Path) -> bool:
    """Whether a Parquet or Arrow file has a column of images. Raises: DataError."""
    return bool(_image_columns(_schema(file)))


def load_arrow(
    path: Path, *, name: str, classes: Sequence[str] | None, reading: Reading
) -> Dataset:
    """Read images and labels of Parquet or Arrow files: one, a folder, or a pattern.

    Arrow files stay where they are and are mapped into memory; the encoded images of Parquet files
    are read into memory. Decoded they are where `reading` does not stream them.
    Raises: DataError naming the file and the row; SpecDataError for columns that are not there.
    """
    tables = _tables(path, reading)
    labels, groups = _labels(tables, reading, classes, path)
    notes = ImageNotes()
    images = kept_or_streamed(
        lambda most: _stored(tables, reading, notes, where=path, most=most),
        reading,
        notes,
        where=path,
    )
    ends = np.cumsum([one.table.num_rows for one in tables.values()])
    rows = dict(zip(tables, np.split(labels.labels, ends[:-1]), strict=True))
    splits = {part: Split(images[part], rows[part]) for part in tables}
    return Dataset.of_parts(
        splits,
        name=name,
        class_names=labels.class_names,
        origin=f"tables of {path}",
        notes=notes.sentences(where=path if path.is_dir() else path.parent),
        groups=groups,
    )


def arrow_facts(
    path: Path, *, name: str, classes: Sequence[str] | None, reading: Reading
) -> DataFacts:
    """Facts from the schemas, the first images and, where the rows are few, the labels.

    Raises: as `load_arrow`, as far as it can be seen so.
    """
    files = _shards(path)
    size = sum(file.stat().st_size for part in files.values() for file in part)
    known = DataFacts(name=name, has_validation="validation" in files, has_test="test" in files)
    if size > MOST_ROWS * 100:  # their labels are not read in milliseconds
        return known
    tables = _tables(path, reading)
    labels, groups = _labels(tables, reading, classes, path)
    some = _stored(tables, reading, ImageNotes(), where=path, most=MOST_HEADERS)["train"]
    trained = labels.labels[: tables["train"].table.num_rows]
    facts = replace(
        known,
        dtype=some.dtype.name,
        shape=some.shape[1:],
        groups=groups,
        **label_facts(labels, trained),
    )
    own = tables["train"].names
    return facts if own is None else replace(facts, classes=len(own))


def _shards(path: Path) -> Shards:
    return shards_of(path, is_arrow)


def _tables(path: Path, reading: Reading) -> dict[str, _Table]:
    """The columns that are read, of each part."""
    parts = _shards(path)
    first = next(iter(parts.values()))[0]
    schema = _schema(first)
    image, targets = _chosen(schema, reading, first)
    group = None if reading.splits is None else reading.splits.by
    if group is not None:
        column_of(
            TextTable(first, dict.fromkeys(schema.names, ()), ()),
            group,
            "by",
            (),
            section="data.splits",
        )
    columns = [image, *dict.fromkeys([*targets, *([group] if group else [])])]
    names = _class_names(schema, targets[0]) if len(targets) == 1 else None
    return {
        part: _Table(*_read(files, columns), image, targets, names) for part, files in parts.items()
    }


def _chosen(schema: Any, reading: Reading, file: Path) -> tuple[str, tuple[str, ...]]:
    """The columns of the image and of the label. Raises: SpecDataError."""
    table, said = TextTable(file, dict.fromkeys(schema.names, ()), ()), reading.table
    images = _image_columns(schema)
    if said.path is not None:
        image = column_of(table, said.path, "path", ())
        if image not in images:
            raise SpecDataError(
                f"{file}: column `{image}` holds no images. Expected bytes, or structs with bytes. "
                f"Such columns: {listed(images)}.",
                *("data", "labels", "path"),
            )
    elif len(images) == 1:
        image = images[0]
    else:
        among = TextTable(file, dict.fromkeys(images, ()), ())
        image = column_of(among, None, "path", (*PATH_COLUMNS, "img"))
    return image, target_columns(table, said)


def _read(files: Sequence[Path], columns: Sequence[str]) -> tuple[list[tuple[Path, int]], Any]:
    import pyarrow as arrow
    from pyarrow import parquet

    size = sum(file.stat().st_size for file in files if file.suffix.lower() == ".parquet")
    way_out = "Write it as Arrow files with `datasets`, `save_to_disk`, which are not loaded."
    refuse_beyond_memory_limit(size, where=str(files[0].parent), way_out=way_out)
    tables: list[Any] = []
    firsts, rows = [], 0
    for file in files:
        try:
            if file.suffix.lower() == ".parquet":
                with open_file(file) as opened:
                    table = parquet.read_table(opened, columns=list(columns))
            else:
                table = _mapped(file).read_all().select(list(columns))
        except (arrow.ArrowException, OSError, KeyError) as error:
            raise DataError(
                f"{file}: cannot be read as {_kind(file)} ({error}). Expected a whole file with the "
                f"columns {listed(columns)}. Write the file again."
            ) from error
        firsts.append((file, rows))
        rows += table.num_rows
        tables.append(table.replace_schema_metadata(None))
    if not rows:
        raise DataError(f"{files[0]}: has no rows.")
    return firsts, arrow.concat_tables(tables)


def _stored(
    tables: Mapping[str, _Table],
    reading: Reading,
    notes: ImageNotes,
    *,
    where: Path,
    most: int | None,
) -> dict[str, ArrowImages]:
    """The images of each part, of which some were looked at, or all where `most` is None."""
    images: dict[str, ArrowImages] = {}
    for part, one in tables.items():
        images[part] = ArrowImages(
            header=UNKNOWN,
            reading=reading,
            notes=notes,
            files=one.files,
            column=_bytes_of(one.table[one.image]),
            numbers=np.arange(one.table.num_rows),
        )
    return with_header(images, notes, where=where, most=most)


def _bytes_of(column: Any) -> Any:
    import pyarrow as arrow
    from pyarrow import compute

    return compute.struct_field(column, "bytes") if arrow.types.is_struct(column.type) else column


def _labels(
    tables: Mapping[str, _Table], reading: Reading, classes: Sequence[str] | None, where: Path
) -> tuple[TableLabels, tuple[str, ...] | None]:
    """The labels of all parts, one after the other, and the groups of the training rows."""
    train = tables["train"]
    others = [name for name in train.table.column_names if name != train.image]
    columns = {
        name: [cell_text(cell) for one in tables.values() for cell in one.table[name].to_pylist()]
        for name in others
    }
    rows = sum(one.table.num_rows for one in tables.values())
    table = TextTable(where, columns, range(1, rows + 1), "row")
    targets = [name for name in others if name in train.targets]
    names = own_or_listed(train.names, classes, where=where)
    labels = labels_of_table(table, targets, reading, names)
    return labels, groups_of(table, range(train.table.num_rows), reading)


def _schema(file: Path) -> Any:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(
            f"{file}: is read by pyarrow, which is not installed. Install it with "
            "`pip install 'bnnc[parquet]'`."
        ) from error
    try:
        if file.suffix.lower() == ".parquet":
            with open_file(file) as opened:
                return parquet.read_schema(opened)
        return _mapped(file).schema
    except (arrow.ArrowException, OSError) as error:
        raise DataError(
            f"{file}: cannot be read as {_kind(file)} ({error}). Write the file again."
        ) from error


def _kind(file: Path) -> str:
    return "Parquet" if file.suffix.lower() == ".parquet" else "Arrow"


def _mapped(file: Path) -> Any:
    """A reader of an Arrow file, of which nothing is read before it is asked for."""
    import pyarrow as arrow

    open_file(file).close()  # refuses pipes and devices
    whole = arrow.memory_map(str(file))
    try:
        return arrow.ipc.open_stream(whole)
    except arrow.ArrowInvalid:
        return arrow.ipc.open_file(whole)


def _image_columns(schema: Any) -> list[str]:
    """Columns of bytes, or of structs with bytes."""
    import pyarrow as arrow

    def is_image(kind: Any) -> bool:
        if arrow.types.is_struct(kind):
            return kind.get_field_index("bytes") >= 0 and is_image(kind.field("bytes").type)
        return bool(arrow.types.is_binary(kind) or arrow.types.is_large_binary(kind))

    return [field.name for field in schema if is_image(field.type)]


def _class_names(schema: Any, column: str) -> tuple[str, ...] | None:
    """The names of the classes of a column that `datasets` wrote (`ClassLabel`)."""
    try:
        info = json.loads((schema.metadata or {})[b"huggingface"])
        names = info["info"]["features"][column]["names"]
    except (KeyError, ValueError, TypeError):
        return None
    return tuple(map(str, names)) if isinstance(names, list) and names else None
