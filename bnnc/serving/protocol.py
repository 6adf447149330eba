"""Requests and responses of the Open Inference Protocol, version 2, over REST.

References: https://github.com/kserve/open-inference-protocol, `inference_rest.md`; the extension
`binary_tensor_data` of NVIDIA Triton Inference Server, `extension_binary_data.md`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from bnnc.errors import DataError
from bnnc.printable import harmless
from bnnc.serving.served import Arrays, ServedModel

BINARY_HEADER: Final = "Inference-Header-Content-Length"
EXTENSIONS: Final = ("binary_tensor_data",)

DTYPES: Final[Mapping[str, str]] = {
    "BOOL": "?",
    "UINT8": "u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
"""The protocol's names of types, and NumPy's in little-endian order. BYTES holds texts."""

_NAMES: Final = {np.dtype(one): name for name, one in DTYPES.items()}
# More would not fit into an array of NumPy.
_MOST: Final = 2**63 - 1


class RefusedError(Exception):
    """A request that is answered with an error.

    Args:
        message: what is wrong with it.
        status: the status of the response.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(harmless(message))
        self.status = status


@dataclass(frozen=True)
class Tensor:
    """Type and shape of an output: the protocol's name, and the sizes of one row."""

    datatype: str
    shape: tuple[int, ...]


Outputs = Mapping[str, Tensor]


def outputs_of(made: Arrays) -> Outputs:
    """Types and shapes of the outputs of a prediction."""
    return {
        name: Tensor(_NAMES[values.dtype.newbyteorder("<")], values.shape[1:])
        for name, values in sorted(made.items())
    }


@dataclass(frozen=True, eq=False)
class Inference:
    """A request, read.

    Args:
        rows: as the model takes them. Shape [rows, *shape], float32.
        outputs: names of the outputs to give, in this order, and whether each is binary.
        identifier: what the response gives back, if the request had it.
    """

    rows: npt.NDArray[np.float32]
    outputs: tuple[tuple[str, bool], ...]
    identifier: str | None


def read_request(
    body: bytes, header_length: str | None, model: ServedModel, outputs: Outputs, max_rows: int
) -> Inference:
    """Read the body of a request.

    Args:
        body: JSON, and after it the data of binary tensors.
        header_length: bytes of the JSON, if there are binary tensors.
        model: the model.
        outputs: its outputs.
        max_rows: most rows that a request may have.

    Raises: RefusedError for anything that is not a request of this model.
    """
    text, binary = _parts(body, header_length)
    asked = _object(_parsed(text), "the request")
    identifier = asked.get("id")
    if identifier is not None and not isinstance(identifier, str):
        raise RefusedError("`id`: expected a string")
    parameters = _parameters(asked, "the request")
    inputs = _list(asked.get("inputs"), "`inputs`")
    if len(inputs) != 1:
        raise RefusedError(
            f"`inputs`: expected one tensor, `{model.input_name}`. Received: {len(inputs)}"
        )
    array = _tensor(_object(inputs[0], "the input"), binary, model, max_rows)
    try:
        rows = model.checked(array)
    except DataError as error:
        raise RefusedError(str(error)) from error
    whole = _flag(parameters, "binary_data_output", default=False)
    return Inference(rows, _wanted(asked.get("outputs"), outputs, whole), identifier)


def _parts(body: bytes, header_length: str | None) -> tuple[bytes, bytes | None]:
    if header_length is None:
        return body, None
    length = int(header_length) if _is_digits(header_length) else -1
    if not 0 <= length <= len(body):
        raise RefusedError(
            f"{BINARY_HEADER}: expected the bytes of the JSON object, at most {len(body)}. "
            f"Received: {header_length[:40]}"
        )
    return body[:length], body[length:]


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _parsed(text: bytes) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise RefusedError(f"the request is no JSON: {constant} is no number of it")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise RefusedError(f"the request is no JSON: {reason}") from error


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError(f"{what}: expected an object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise RefusedError(f"{what}: expected an array")
    return value


def _parameters(given: Mapping[str, Any], what: str) -> Mapping[str, Any]:
    found = given.get("parameters")
    return {} if found is None else _object(found, f"`parameters` of {what}")


def _flag(parameters: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise RefusedError(f"`{name}`: expected true or false")
    return value


def _wanted(asked: Any, outputs: Outputs, binary: bool) -> tuple[tuple[str, bool], ...]:
    if asked is None or asked == []:
        return tuple((name, binary) for name in outputs)
    wanted: dict[str, bool] = {}
    for one in _list(asked, "`outputs`"):
        name = _object(one, "an output").get("name")
        if not isinstance(name, str) or name not in outputs:
            received = f"`{name[:100]}`" if isinstance(name, str) else "no name"
            raise RefusedError(
                f"`outputs`: expected names of {', '.join(outputs)}. Received: {received}"
            )
        if name in wanted:
            raise RefusedError(f"`outputs`: `{name}` is asked for twice")
        wanted[name] = _flag(
            _parameters(one, f"the output `{name}`"), "binary_data", default=binary
        )
    return tuple(wanted.items())


def _tensor(
    given: Mapping[str, Any], binary: bytes | None, model: ServedModel, max_rows: int
) -> npt.NDArray[Any]:
    name = given.get("name")
    if name != model.input_name:
        received = f"`{name[:100]}`" if isinstance(name, str) else "no name"
        raise RefusedError(
            f"`inputs`: expected a tensor called `{model.input_name}`. Received: {received}"
        )
    shape = _shape(given.get("shape"), model, max_rows)
    datatype = given.get("datatype")
    if not isinstance(datatype, str) or datatype not in {*DTYPES, "BYTES"}:
        raise RefusedError(f"`{name}`: expected a `datatype` of {', '.join(DTYPES)}, BYTES")
    if datatype in {"BOOL", "BYTES"}:
        raise RefusedError(f"`{name}`: expected numbers, such as FP32. Received: {datatype}")
    size = _parameters(given, f"the input `{name}`").get("binary_data_size")
    if size is None:
        if binary:
            raise RefusedError(
                f"{len(binary)} bytes follow the JSON object, and `{name}` has no "
                "`binary_data_size`"
            )
        return _from_json(given.get("data"), shape, datatype, name)
    dtype = np.dtype(DTYPES[datatype])
    expected = math.prod(shape) * dtype.itemsize
    if "data" in given:
        raise RefusedError(f"`{name}`: expected one of `data` and `binary_data_size`")
    if type(size) is not int or size != expected:
        raise RefusedError(
            f"`{name}`: expected `binary_data_size: {expected}`, that of {datatype} {list(shape)}"
        )
    if binary is None:
        raise RefusedError(f"`{name}` is binary: the header {BINARY_HEADER} is missing")
    if len(binary) != expected:
        raise RefusedError(
            f"`{name}`: expected {expected} bytes after the JSON object. Received: {len(binary)}"
        )
    return np.frombuffer(binary, dtype).reshape(shape)


def _shape(given: Any, model: ServedModel, max_rows: int) -> tuple[int, ...]:
    sizes = ", ".join(map(str, model.shape))
    expected = f"`{model.input_name}`: expected a `shape` [{model.noun}, {sizes}]"
    found = _list(given, f"{expected}; `shape`")
    if len(found) > 32 or any(type(one) is not int or not 0 <= one <= _MOST for one in found):
        raise RefusedError(f"{expected} of whole numbers")
    if tuple(found[1:]) != model.shape:
        raise RefusedError(f"{expected}. Received: {found}")
    if not 1 <= found[0] <= max_rows:
        raise RefusedError(
            f"{expected}, with 1 to {max_rows} {model.noun} in a request. Received: {found[0]}"
        )
    return tuple(found)


def _from_json(data: Any, shape: tuple[int, ...], datatype: str, name: str) -> npt.NDArray[Any]:
    """Numbers in their natural shape, or as one list.

    They are looked at before NumPy sees them: among texts it would make the number a text, with
    memory for the longest at each place.
    """
    flat = _list(data, f"`data` of `{name}`")
    sizes: list[int] = []
    while True:
        sizes.append(len(flat))
        kinds = set(map(type, flat))
        if kinds != {list} or len(sizes) == len(shape):
            break
        if len(set(map(len, flat))) > 1:
            raise RefusedError(f"`data` of `{name}`: its arrays differ in length")
        flat = list(chain.from_iterable(flat))
    if not kinds <= {int, float}:
        raise RefusedError(f"`data` of `{name}`: expected numbers, in arrays of one shape")
    natural = [sizes[0], *(inner // outer for outer, inner in pairwise(sizes))]
    if natural != list(shape) and (len(sizes) > 1 or sizes[0] != math.prod(shape)):
        raise RefusedError(
            f"`data` of `{name}`: expected {math.prod(shape)} numbers, as {list(shape)} or as one "
            f"array. Received: {natural}"
        )
    dtype = np.dtype(DTYPES[datatype])
    try:
        values = np.array(flat, np.float64).reshape(shape)
    except OverflowError as error:
        raise RefusedError(f"`data` of `{name}`: a number is too large for {datatype}") from error
    if dtype.kind == "f":
        return values if datatype == "FP64" else _narrowed(values, dtype)
    limits = np.iinfo(dtype)
    if np.any(values != np.floor(values)) or values.min() < limits.min or values.max() > limits.max:
        raise RefusedError(
            f"`data` of `{name}`: expected {datatype}, whole numbers from {limits.min} to "
            f"{limits.max}"
        )
    # Of 64 bits the largest may round to one more than there is. The model reads float32.
    return values if dtype.itemsize == 8 else values.astype(dtype)


def _narrowed(values: npt.NDArray[np.float64], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    with np.errstate(over="ignore"):  # infinity is refused as such
        return values.astype(dtype)


def response_of(asked: Inference, made: Arrays, model: ServedModel) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a response. Numbers that JSON does not have are null."""
    head: dict[str, Any] = {"model_name": model.name}
    if asked.identifier is not None:
        head["id"] = asked.identifier
    tensors, binary = [], []
    for name, is_binary in asked.outputs:
        values = made[name]
        one: dict[str, Any] = {
            "name": name,
            "shape": list(values.shape),
            "datatype": _NAMES[values.dtype.newbyteorder("<")],
        }
        if is_binary:
            data = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
            one["parameters"] = {"binary_data_size": len(data)}
            binary.append(data)
        else:
            one["data"] = numbers(values.ravel())
        tensors.append(one)
    text = json.dumps({**head, "outputs": tensors}, allow_nan=False).encode()
    if not binary:
        return text, {"Content-Type": "application/json"}
    headers = {"Content-Type": "application/octet-stream", BINARY_HEADER: str(len(text))}
    return b"".join([text, *binary]), headers


def numbers(values: npt.NDArray[Any]) -> list[Any]:
    """The values [values] as Python's own, with None for what is not finite."""
    made: list[Any] = values.tolist()
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return [one if math.isfinite(one) else None for one in made]
    return made


def server_metadata(version: str) -> dict[str, Any]:
    """The answer to `GET /v2`."""
    return {"name": "bnnc", "version": version, "extensions": list(EXTENSIONS)}


def model_metadata(model: ServedModel, outputs: Outputs) -> dict[str, Any]:
    """The answer to `GET /v2/models/NAME`; -1 is the number of rows."""
    return {
        "name": model.name,
        "platform": model.platform,
        "inputs": [_metadata(model.input_name, Tensor("FP32", model.shape))],
        "outputs": [_metadata(name, one) for name, one in outputs.items()],
        "properties": dict(model.properties),
    }


def _metadata(name: str, one: Tensor) -> dict[str, Any]:
    shape: Sequence[int] = (-1, *one.shape)
    return {"name": name, "datatype": one.datatype, "shape": list(shape)}
