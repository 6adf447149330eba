"""Load, overload and malformed requests against `bnnc serve` on the loopback.

    python benchmarks/serve.py [--seconds 8] [--rates 25 50 100 200 400] [--malformed 10000] [--table FILE]

A spec of the gallery is trained for two epochs and served as a run and as an export to ONNX, with 16
weight draws. Requests of one image arrive at random times (a Poisson process) at a rate, whether
those before are answered or not; the latency of each counts from the time at which it was due.
Servers take turns: the one with `bnnc serve`'s own settings, and its peer, which predicts one
request after the other (`--max-batch 1`).

Refused requests got status 503. Lost ones were sent and got no response: there may be none, under
overload and while a server ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # for tests.support, wherever this is run from

from tests.support.malformed_requests import malformed  # by the line above

GALLERY = ROOT / "specs" / "gallery"
SPEC = "digits-flipout"
DRAWS = 16
# Uvicorn closes a connection that was idle for 5 seconds.
_IDLE_SECONDS = 3.0
SETTINGS: dict[str, tuple[str, ...]] = {"batched": (), "one by one": ("--max-batch", "1")}


@dataclass
class Account:
    """What became of the requests of a load; latencies in seconds."""

    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    lost: int = 0
    not_accepted: int = 0
    other: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def quantiles(self) -> list[str]:
        """The 50th, 90th and 99th percentile in milliseconds."""
        if not self.latencies:
            return ["", "", ""]
        return [f"{1000 * one:.1f}" for one in np.quantile(self.latencies, [0.5, 0.9, 0.99])]


class Client:
    """Sends requests over connections that are kept open."""

    def __init__(self, port: int, address: str, bodies: Sequence[bytes]) -> None:
        self.port = port
        head = f"POST {address} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {{}}\r\n\r\n"
        self.requests = [head.format(len(one)).encode() + one for one in bodies]
        self.idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, number: int, account: Account, due: float) -> None:
        """Send one request, and note what became of it."""
        sent = False
        try:
            reader, writer = await self._connected()
            writer.write(self.requests[number % len(self.requests)])
            await writer.drain()
            sent = True
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            assert length is not None
            await reader.readexactly(int(length[1]))
        except (OSError, asyncio.IncompleteReadError):
            if sent:
                account.lost += 1
            else:
                account.not_accepted += 1
            return
        status = int(head.split()[1])
        if status == 200:
            account.latencies.append(time.perf_counter() - due)
        elif status == 503:
            account.refused += 1
        else:
            account.other[status] += 1
        if "connection: close" in head.lower():
            writer.close()
        else:
            self.idle.append((time.perf_counter(), reader, writer))

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self.idle:
            since, reader, writer = self.idle.pop()
            if time.perf_counter() - since < _IDLE_SECONDS and not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def load(self, rate: float, seconds: float, seed: int = 0) -> Account:
        """Requests that arrive at a rate, for some seconds."""
        account, random, tasks = Account(), Random(seed), []
        began = due = time.perf_counter()
        number = 0
        while due - began < seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(self.ask(number, account, due)))
            number += 1
            due += random.expovariate(rate)
        await asyncio.gather(*tasks)
        account.seconds = time.perf_counter() - began
        return account

    def close(self) -> None:
        """Close the connections."""
        for _, _, writer in self.idle:
            writer.close()
        self.idle = []


@dataclass
class Served:
    """A server, and a client of it."""

    process: asyncio.subprocess.Process
    client: Client


@contextlib.asynccontextmanager
async def served(folder: Path, *options: str) -> AsyncIterator[Served]:
    """A server in a process of its own; its exit code has to be 0."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bnnc", "serve", str(folder), "--port", "0", *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    assert process.stdout is not None
    found = re.search(rb"127\.0\.0\.1:(\d+)", await process.stdout.readline())
    assert found is not None
    port = int(found[1])
    images = np.random.default_rng(0).integers(0, 17, (64, 1, 8, 8, 1))
    bodies = [
        json.dumps(
            {
                "inputs": [
                    {
                        "name": "images",
                        "shape": [1, 8, 8, 1],
                        "datatype": "FP32",
                        "data": one.ravel().tolist(),
                    }
                ]
            }
        ).encode()
        for one in images
    ]
    client = Client(port, f"/v2/models/{SPEC}/infer", bodies)
    try:
        await client.load(50, 0.5)  # both processes are warm then
        yield Served(process, client)
    finally:
        client.close()
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


def folders(where: Path) -> dict[str, Path]:
    """A trained run, and its export to ONNX."""
    import bnnc

    said = yaml.safe_load((GALLERY / f"{SPEC}.yaml").read_text())
    said["training"] = {**said.get("training", {}), "epochs": 2}
    said["prediction"] = {**said.get("prediction", {}), "samples": DRAWS}
    program = bnnc.compile(said)
    program.fit(verbose=0)
    program.save(where / "run")
    program.export(where / "onnx", "onnx", samples=DRAWS)
    return {"run": where / "run", "onnx": where / "onnx"}


async def latencies(found: dict[str, Path], rates: Sequence[float], seconds: float) -> list[str]:
    """Rows of the table of latencies."""
    rows = []
    for kind, folder in found.items():
        async with contextlib.AsyncExitStack() as stack:
            servers = {
                name: await stack.enter_async_context(served(folder, *options))
                for name, options in SETTINGS.items()
            }
            for rate in rates:
                for name, one in servers.items():
                    before = _spent(one.client.port)
                    account = await one.client.load(rate, seconds)
                    spent = [b - a for a, b in zip(before, _spent(one.client.port), strict=True)]
                    rows.append(_row(kind, name, rate, account, spent))
                    print(rows[-1], flush=True)
    return rows


def _spent(port: int) -> list[float]:
    """Seconds of the server's CPU, batches and rows, by its own metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        text = response.read().decode()
    names = ("process_cpu_seconds_total", "bnnc_batch_rows_count", "bnnc_rows_total")
    return [float(re.findall(rf"^{one} (\S+)", text, re.MULTILINE)[0]) for one in names]


def _row(kind: str, name: str, rate: float, account: Account, spent: Sequence[float]) -> str:
    seconds, batches, predicted = spent
    answered = len(account.latencies)
    cells = [kind, name, f"{rate:g}", f"{answered / account.seconds:.0f}", *account.quantiles()]
    cells += [f"{predicted / batches:.1f}", f"{1000 * seconds / predicted:.1f}"]
    cells += [f"{account.refused:,}", f"{account.lost:,}"]
    assert not account.other, account.other
    return "| " + " | ".join(cells) + " |"


async def ending(folder: Path, rate: float) -> str:
    """What becomes of requests while a server ends, in a sentence."""
    async with served(folder, "--max-queue", "64") as one:
        load = asyncio.create_task(one.client.load(rate, 3))
        await asyncio.sleep(1.5)
        one.process.send_signal(signal.SIGTERM)
        account = await load
        assert await one.process.wait() == 0
    return (
        f"A server with a queue of 64 got SIGTERM in the middle of {rate:g} requests a second: "
        f"{len(account.latencies):,} were answered, {account.refused:,} refused, "
        f"{account.not_accepted:,} found no server any more, {account.lost:,} were lost. It ended "
        "with exit code 0."
    )


async def hostile(folder: Path, count: int) -> str:
    """Malformed requests one after the other, and what the server answers, in a sentence."""
    statuses: Counter[int] = Counter()
    kinds: set[str] = set()
    async with served(folder, "--max-rows", "8") as one:
        client = one.client
        for seed in range(count):
            wrong = malformed(seed, SPEC, (8, 8, 1), 8)
            status, body = await _sent(client, wrong.method, wrong.path, wrong.headers, wrong.body)
            kinds.add(wrong.kind)
            statuses[status] += 1
            whole = status == 200 and not wrong.certain
            if not (400 <= status < 500 or whole):
                raise SystemExit(f"{seed}: {wrong} was answered with {status}: {body!r}")
            if status != 200 and wrong.method != "HEAD" and set(json.loads(body)) != {"error"}:
                raise SystemExit(f"{seed}: {wrong} was answered with {body!r}")
        account = await client.load(50, 1)
        assert account.latencies
        assert not account.lost
    told = ", ".join(f"{number:,} with {status}" for status, number in sorted(statuses.items()))
    return (
        f"{count:,} malformed requests, {len(kinds):,} kinds of them, were answered {told}; those "
        "with 200 were whole after all, such as a file that lost no pixel. The server answered "
        "whole requests afterwards."
    )


async def _sent(
    client: Client, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, bytes]:
    import httpx

    if not hasattr(client, "http"):
        client.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{client.port}")  # type: ignore[attr-defined]
    response = await client.http.request(method, path, headers=headers, content=body)  # type: ignore[attr-defined]
    return response.status_code, response.content


async def measured(given: argparse.Namespace) -> str:
    """The page."""
    from benchmarks.outcomes import machine

    with tempfile.TemporaryDirectory() as place:
        found = folders(Path(place))
        rows = await latencies(found, given.rates, given.seconds)
        print(end := await ending(found["run"], max(given.rates)), flush=True)
        print(wrong := await hostile(found["run"], given.malformed), flush=True)
    rates = " ".join(f"{one:g}" for one in given.rates)
    head = ["served", "settings", "requests/s", "answered/s", "p50, ms", "p90, ms", "p99, ms"]
    head += ["rows a batch", "CPU ms a request", "refused", "lost"]
    return "\n".join(
        [
            "# Serving",
            "",
            f"{machine()} `{SPEC}` with {DRAWS} weight draws on the loopback; server and client "
            "share the cores. Requests of one image at random times; latencies from the time at "
            "which a request was due. `batched` has the settings of `bnnc serve`, `one by one` "
            "`--max-batch 1`. Refused requests got status 503 with Retry-After, because 128 others "
            "were waiting; lost ones got no response. CPU time is the server's, refusals included. The "
            "machine was busy with other work: CPU times are more reliable than latencies, and those of "
            "one rate, which took turns, can be compared.",
            "",
            f"    python benchmarks/serve.py --seconds {given.seconds:g} --rates {rates} --malformed "
            f"{given.malformed} --table benchmarks/serve.md",
            "",
            "| " + " | ".join(head) + " |",
            "|---|---|" + "---:|" * (len(head) - 2),
            *rows,
            "",
            end,
            "",
            wrong,
            "",
        ]
    )


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rates", type=float, nargs="+", default=[25, 50, 100, 200, 400])
    parser.add_argument("--malformed", type=int, default=10_000)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    page = asyncio.run(measured(given))
    if given.table is not None:
        given.table.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
