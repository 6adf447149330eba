"""Requests that are wrong, or were whole until something happened to them, drawn by a seed."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
from PIL import Image

HEADER = "Inference-Header-Content-Length"


@dataclass(frozen=True)
class Malformed:
    """A request to try.

    Args:
        kind: what is wrong with it.
        path: its address.
        body: its body.
        headers: its headers.
        method: its method.
        certain: whether it has to be refused; a slip in one byte may leave a request whole.
    """

    kind: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    certain: bool = True


def malformed(seed: int, name: str, shape: tuple[int, ...], max_rows: int) -> Malformed:
    """The request of a seed, for a model of images from 0 to 16."""
    random = Random(seed)
    makers: list[Callable[..., Malformed]] = [_value, _value, _slip, _binary, _upload, _http, _text]
    maker = random.choice(makers)
    return maker(random, name, shape, max_rows)


def _whole(random: Random, shape: tuple[int, ...]) -> dict[str, Any]:
    rows = random.randrange(1, 4)
    count = rows * int(np.prod(shape))
    return {
        "id": "1",
        "inputs": [
            {
                "name": "images",
                "shape": [rows, *shape],
                "datatype": "FP32",
                "data": [random.randrange(17) for _ in range(count)],
            }
        ],
        "outputs": [{"name": "probs"}, {"name": "label"}],
    }


# A place in the request, and what it cannot be; a function makes it of the value that is there.
_ODD: tuple[Any, ...] = (
    *(None, True, -1, 1.5, "", "x", [], {}, [[]], {"a": 1}, 10**30, -(10**30), "\ud800", "\0"),
)
_WRONG: dict[tuple[Any, ...], tuple[Any, ...]] = {
    (): (None, True, 1, "x", [], [1]),
    ("id",): (True, 1, 1.5, [], {}),
    ("parameters",): (True, 1, "x", []),
    ("inputs",): (None, True, 1, "x", {}, [], [1], ["x"], [None], [[]], [{}], [{}, {}]),
    ("inputs", 0, "name"): (None, True, 1, "", "image", "images\0", [], {}, "\ud800"),
    ("inputs", 0, "shape"): (
        *(None, True, 1, "x", {}, [], [0], [-1], [10**30], [True], [1.0], ["1"], [[1]], [None]),
        lambda shape: [*shape, 1],
        lambda shape: shape[:-1],
        lambda shape: [shape[0] + 1, *shape[1:]],
        lambda shape: [0, *shape[1:]],
        lambda shape: [-shape[0], *shape[1:]],
        lambda shape: [float(shape[0]), *shape[1:]],
        lambda shape: [10**12, *shape[1:]],
        lambda shape: [2**63, *shape[1:]],
        lambda shape: shape * 50,
        lambda shape: [shape[0], *shape[:0:-1], 2],
    ),
    ("inputs", 0, "datatype"): (*_ODD, "FP31", "fp32", "BYTES", "BOOL", "float32", "BF16"),
    ("inputs", 0, "data"): (
        *(None, True, 1, "x", {}, [], [[]], [None], ["1"], [{}]),
        lambda data: data[:-1],
        lambda data: [*data, 0],
        lambda data: [data, data],
        lambda data: [[one] for one in data[:-1]],
        lambda data: [data[0], *([one] for one in data[1:])],
        lambda data: [*data[:-1], None],
        lambda data: [*data[:-1], "1"],
        lambda data: [*data[:-1], True],
        lambda data: [*data[:-1], 17.5],
        lambda data: [*data[:-1], -3],
        lambda data: [*data[:-1], 10**400],
        lambda data: [*data[:-1], 1e300],
        lambda data: [*data[:-1], float("nan")],
        lambda data: [*data[:-1], float("inf")],
        lambda data: ["x" * 10_000, *data[1:]],
        lambda data: _nested(data, 70),
        lambda data: _nested(data, 3),
    ),
    ("inputs", 0, "parameters"): (True, 1, "x", []),
    ("inputs", 0, "parameters", "binary_data_size"): (-1, 0, 1, 1.5, "16", True, [], 10**30, 16),
    ("outputs",): (True, 1, "x", {}, [1], [None], [[]], [{}], [{"name": "probs"}] * 2),
    ("outputs", 0, "name"): (None, True, 1, "", "prob", [], {}, "\ud800"),
    ("outputs", 0, "parameters"): (True, 1, "x", []),
    ("outputs", 0, "parameters", "binary_data"): (None, 1, "true", [], {}),
    ("parameters", "binary_data_output"): (None, 1, "true", [], {}),
}
_NEEDED = (("inputs",), *((("inputs", 0, one)) for one in ("name", "shape", "datatype", "data")))


def _value(random: Random, name: str, shape: tuple[int, ...], max_rows: int) -> Malformed:
    """A value that is missing, or not what it can be."""
    made = _whole(random, shape)
    if random.random() < 0.1:
        place = random.choice(_NEEDED)
        where: Any = made
        for step in place[:-1]:
            where = where[step]
        del where[place[-1]]
        return Malformed(f"without {place}", _infer(name), json.dumps(made).encode())
    if random.random() < 0.05:
        rows = max_rows + random.randrange(1, 5)
        tensor = made["inputs"][0]
        tensor["shape"][0], tensor["data"] = rows, [1] * (rows * int(np.prod(shape)))
        return Malformed("too many rows", _infer(name), json.dumps(made).encode())
    place = random.choice(list(_WRONG))
    wrong = random.choice(_WRONG[place])
    return Malformed(
        f"{place}: {wrong!r:.60}", _infer(name), json.dumps(_with(made, place, wrong)).encode()
    )


def _with(made: dict[str, Any], place: tuple[Any, ...], wrong: Any) -> Any:
    if not place:
        return wrong
    made = copy.deepcopy(made)
    where: Any = made
    for step in place[:-1]:
        where = where.setdefault(step, {}) if isinstance(where, dict) else where[step]
    where[place[-1]] = wrong(where[place[-1]]) if callable(wrong) else wrong
    return made


def _nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


def _slip(random: Random, name: str, shape: tuple[int, ...], max_rows: int) -> Malformed:
    """Bytes of a request that are lost, doubled or replaced."""
    text = bytearray(json.dumps(_whole(random, shape)).encode())
    for _ in range(random.randrange(1, 6)):
        first = random.randrange(len(text))
        last = min(len(text), first + random.randrange(1, 20))
        match random.randrange(4):
            case 0:
                del text[first:last]
            case 1:
                text[first:first] = text[first:last]
            case 2:
                text[first:last] = random.randbytes(last - first)
            case _:
                text[first:first] = random.choice(
                    [b"\xff", b"\0", b"1e999", b"NaN", b"[", b"{", b'"']
                )
        text = text or bytearray(b"{")
    return Malformed("slips", _infer(name), bytes(text), certain=False)


def _binary(random: Random, name: str, shape: tuple[int, ...], max_rows: int) -> Malformed:
    """A binary tensor whose sizes do not fit together."""
    made = _whole(random, shape)
    tensor = made["inputs"][0]
    data = np.array(tensor.pop("data"), np.float32).tobytes()
    tensor["parameters"] = {"binary_data_size": len(data)}
    text = json.dumps(made).encode()
    length = str(len(text))
    match random.randrange(7):
        case 0:
            length = random.choice(["", "x", "-1", "1.5", "0", "9" * 30, str(len(text) + 10**6)])
        case 1:
            data = data[: random.randrange(len(data))]
        case 2:
            data += random.randbytes(random.randrange(1, 50))
        case 3:
            tensor["parameters"]["binary_data_size"] += random.choice([-4, -1, 1, 4, 10**12])
            text = json.dumps(made).encode()
            length = str(len(text))
        case 4:
            tensor["datatype"] = random.choice(["FP64", "FP16", "UINT8", "BOOL", "BYTES"])
            text = json.dumps(made).encode()
            length = str(len(text))
        case 5:
            length = str(len(text) - random.randrange(1, len(text)))
        case _:
            odd = random.choice([np.nan, np.inf, -np.inf, 1e30, -5])
            data = np.full(len(data) // 4, odd, np.float32).tobytes()
    return Malformed("binary", _infer(name), text + data, {HEADER: length})


def _upload(random: Random, name: str, shape: tuple[int, ...], max_rows: int) -> Malformed:
    """A file that is damaged, or another one than its name says."""
    file = io.BytesIO()
    kind = random.choice(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "npy"])
    pixels = np.array([random.randrange(17) for _ in range(int(np.prod(shape)))], np.uint8)
    if kind == "npy":
        np.save(file, pixels.reshape(shape))
    else:
        Image.fromarray(pixels.reshape(shape)[..., 0]).save(file, kind)
    content = bytearray(file.getvalue())
    match random.randrange(4):
        case 0:
            content = content[: random.randrange(len(content))]
        case 1:
            for _ in range(random.randrange(1, 20)):
                content[random.randrange(len(content))] = random.randrange(256)
        case 2:
            content = bytearray(random.randbytes(random.randrange(200)))
        case _:
            kind = random.choice(["png", "npy", "csv", "npz", "tif", "exe", "nii.gz", "dcm", ""])
    called = random.choice(["a", "../../etc/passwd", "%00", "x" * 300, "%0d%0aX: y", "%ff", "🦉"])
    return Malformed(
        f"upload {kind}", f"/predict?name={called}.{kind.lower()}", bytes(content), certain=False
    )


def _http(random: Random, name: str, shape: tuple[int, ...], max_rows: int) -> Malformed:
    """Another address, method or encoding."""
    body = json.dumps(_whole(random, shape)).encode()
    other = random.choice(["x", name + "x", name.upper() + "1", "%2e%2e", "%00", "a/b", "é"])
    match random.randrange(4):
        case 0:
            return Malformed("other model", _infer(other), body)
        case 1:
            path = random.choice(["/v1", "/v2/models", f"/v2/models/{name}/versions/1/infer", "//"])
            return Malformed("other address", path, body)
        case 2:
            method = random.choice(["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
            return Malformed("other method", _infer(name), body, method=method)
        case _:
            coding = random.choice(["gzip", "br", "deflate", "x"])
            return Malformed("encoded", _infer(name), body, {"Content-Encoding": coding})


def _text(random: Random, name: str, shape: tuple[int, ...], max_rows: int) -> Malformed:
    """A body that is no JSON object at all."""
    whole = json.dumps(_whole(random, shape))
    body = random.choice(
        [
            b"",
            b"\0",
            b"null",
            b"[" * random.choice([10, 100_000]),
            b'{"inputs":' * 5000,
            b"1" * 5000,
            b"-",
            b'"\\ud800"',
            whole.encode("utf-16")[:-1],
            b"\xff" + whole.encode(),
            whole.encode()[: random.randrange(1, len(whole))],
            whole.encode() + b"}",
            random.randbytes(random.randrange(1, 300)),
        ]
    )
    return Malformed("no JSON object", _infer(name), body)


def _infer(name: str) -> str:
    return f"/v2/models/{name}/infer"
