"""The inputs of `benchmarks/fuzz.py`: specs with slips in bytes and tokens, and wrong specs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]


def seeds() -> list[bytes]:
    """Specs to begin with: the gallery, the corpus, and both examples of every rule."""
    from bnnc.compiler.diagnostics.catalog import rules

    files = [*ROOT.glob("specs/gallery/*.yaml"), *ROOT.glob("tests/corpus/*.yaml")]
    texts = [path.read_bytes() for path in sorted(files)]
    for rule in rules().values():
        for block in re.findall(r"```yaml\n(.*?)```", rule.page, re.DOTALL):
            texts.append(block.encode())
    return texts


_TOKEN = re.compile(rb"[\w.+-]+|[ ]+|.", re.DOTALL)
_NUMBER = re.compile(rb"[-+]?[0-9][0-9_.eE+-]*")
_HUGE = (
    *(b"1e400", b"-1e400", b"9" * 30, b"9" * 5000, b"0x" + b"f" * 40, b"1e-400", b".inf", b".nan"),
    *(
        b"9007199254740993",
        b"2147483648",
        b"65537",
        b"-1",
        b"0",
        b"-0.0",
        b"1e308",
        b"0o777",
        b"010",
    ),
)
_PIECES = (
    *(
        b"\x00",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\xbd",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x1b[31m",
        b"\x85",
    ),
    *(
        "é日😀\u202e\u2028\u2029\u0410ａ\ufeff\ue000".encode(),
        "\u0301".encode() * 20,
        b"\r",
        b"\r\n",
    ),
    *(
        b"\\ud83d",
        b'"\\ud83d\\ude00"',
        b"\\x",
        b"'",
        b'"',
        b'"""',
        b"`",
        b"%TAG ! x\n",
        b"%YAML 1.2\n",
    ),
    *(
        b"&a ",
        b"*a",
        b"<<: *a",
        b"!!python/object:os.system ",
        b"!x ",
        b"? ",
        b": ",
        b"- ",
        b"---\n",
    ),
    *(b"...\n", b"|\n", b">-\n", b"{", b"}", b"[", b"]", b",", b"#", b"# bnnc: ignore[BNN409]"),
    *(
        b"# bnnc: ignore",
        b"# bnnc: ignore[x,,BNN6]",
        b"null",
        b"~",
        b"\t",
        b"\n",
        b"\n  ",
        b"@",
        b"{}",
    ),
    *(b"__import__('os').system('x')", b"{0.__class__}", b"x-a: ", b"[[[[", b"{a: {a: {a: "),
)


def mutated(random: Random, texts: list[bytes]) -> bytes:
    """One of the texts with one to six slips in bytes, tokens or lines."""
    data = random.choice(texts)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        data = random.choice(_CHANGES)(random, data, texts)
    if random.random() < 0.0005:
        data = _amplified(random, data)
    return data[: 2**21]


def _bytes(random: Random, data: bytes, texts: list[bytes]) -> bytes:
    start = random.randrange(len(data) + 1)
    end = min(len(data), start + random.choice((0, 0, 1, 1, 2, 8, 60)))
    other = random.choice(texts)
    cut = random.randrange(len(other) + 1)
    new = random.choice(
        (b"", random.randbytes(1), random.choice(_PIECES), other[cut : cut + random.randrange(80)])
    )
    return data[:start] + new + data[end:]


def _tokens(random: Random, data: bytes, texts: list[bytes]) -> bytes:
    tokens = _TOKEN.findall(data) or [b"a"]
    at, other = random.randrange(len(tokens)), random.randrange(len(tokens))
    match random.randrange(6):
        case 0:
            del tokens[at]
        case 1:
            tokens[at:at] = tokens[at : at + random.randrange(1, 12)]
        case 2:
            tokens[at], tokens[other] = tokens[other], tokens[at]
        case 3:
            tokens[at] = random.choice(_TOKEN.findall(random.choice(texts)) or [b"a"])
        case 4:
            tokens[at] = random.choice(_PIECES)
        case _:
            words = [index for index, one in enumerate(tokens) if one[:1].isalnum()] or [at]
            one, two = random.choice(words), random.choice(words)
            tokens[one], tokens[two] = tokens[two], tokens[one]
    return b"".join(tokens)


def _numbers(random: Random, data: bytes, texts: list[bytes]) -> bytes:
    places = list(_NUMBER.finditer(data))
    if not places:
        return data + random.choice(_HUGE)
    found = random.choice(places)
    return data[: found.start()] + random.choice(_HUGE) + data[found.end() :]


def _lines(random: Random, data: bytes, texts: list[bytes]) -> bytes:
    lines = data.split(b"\n")
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = b" " * random.randrange(9) + lines[at].lstrip()
        case _:
            lines.insert(at, random.choice(random.choice(texts).split(b"\n")))
    return b"\n".join(lines)


_CHANGES = (_bytes, _bytes, _tokens, _tokens, _numbers, _lines)


def _amplified(random: Random, data: bytes) -> bytes:
    """One part of the text again and again, up to what a spec may be long and a little beyond."""
    start = random.randrange(len(data) + 1)
    part = data[start : start + random.choice((1, 1, 2, 5, 30, 200))]
    count = random.choice((100, 5000, 2**20)) // max(1, len(part))
    return data[:start] + part * count + data[start:]


def mutations(seed: int, first: int) -> Iterator[tuple[bytes, str]]:
    """Endless mutations; each is named by the seed and its number."""
    texts = [one for one in seeds() if one]
    number = first
    while True:
        yield mutated(Random(f"{seed} {number}"), texts), f"seed {seed}, mutation {number}"
        number += 1


def wrong_specs(seed: int, first: int) -> Iterator[tuple[bytes, str]]:
    """Endless wrong specs as JSON, on one line or on many."""
    from tests.generated import wrong_spec

    number = first
    while True:
        document = wrong_spec(Random(f"{seed} {number}"))
        indent = (None, 2)[number % 2]
        yield json.dumps(document, indent=indent).encode(), f"seed {seed}, wrong spec {number}"
        number += 1


def numbers(seed: int, first: int) -> Iterator[tuple[bytes, str]]:
    """Endless seeds, for trials that make their input of one."""
    number = first
    while True:
        name = f"seed {seed}, number {number}"
        yield name.encode(), name
        number += 1


def dictionary() -> str:
    """The words of the language and of YAML, in libFuzzer's own form."""
    from bnnc.specs.schema import make_schema

    words = set(re.findall(r'"([a-z][a-z_0-9]{1,40})"', json.dumps(make_schema()))) | {"x-", "bnnc"}
    marks = {": ", "- ", "\n", "\n  ", "{", "}", "[", "]", "&a ", "*a", "!!str ", "<<: ", "# "}
    listed = [word.encode() for word in sorted(words | marks)] + [*_PIECES, *_HUGE]
    return "".join(
        '"' + "".join(f"\\x{one:02x}" for one in word) + '"\n' for word in listed if len(word) < 60
    )
