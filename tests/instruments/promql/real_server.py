"""The Prometheus of the machine, started by hand on a free port of 127.0.0.1 with our series in it."""

from __future__ import annotations

import contextlib
import json
import math
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gradatim.instruments.promql import Frame, SeriesSet, labels_of


class Server:
    """A running Prometheus that answers range queries."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def query(self, expr: str, start_ms: int, end_ms: int, step_ms: int) -> Frame:
        """The matrix of a range query, as a frame. Raises ValueError with the server's message."""
        words = {"query": expr, "start": start_ms / 1e3, "end": end_ms / 1e3, "step": step_ms / 1e3}
        request = urllib.request.Request(
            f"{self.url}/api/v1/query_range", urllib.parse.urlencode(words).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                data = json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            with error:
                raise ValueError(json.load(error)["error"]) from None
        steps = (end_ms - start_ms) // step_ms + 1
        rows = []
        for one in data["result"]:
            values, present = np.zeros(steps), np.zeros(steps, dtype=bool)
            for at_s, text in one["values"]:
                i = round((at_s * 1e3 - start_ms) / step_ms)
                values[i], present[i] = float(text), True
            rows.append((values, present))
        return Frame.stack([labels_of(one["metric"]) for one in data["result"]], rows, steps)

    def write(self, series: SeriesSet) -> None:
        """Remote write, in portions of ten minutes: the only door that takes markers of staleness."""
        first, last = series.span_ms or (0, 0)
        for start in range(first, last + 1, 600_000):
            body = b""
            for one in series:
                i, j = np.searchsorted(one.times_ms, [start, start + 600_000])
                if i == j:
                    continue
                samples = zip(
                    one.times_ms[i:j].tolist(), one.values[i:j].view(np.uint64).tolist(), strict=True
                )
                inner = b"".join(_field(1, _text(1, k) + _text(2, v)) for k, v in one.labels)
                # A double goes bit by bit: a NaN with a meaning must keep its bits.
                inner += b"".join(
                    _field(2, b"\x09" + struct.pack("<Q", bits) + b"\x10" + _varint(t)) for t, bits in samples
                )
                body += _field(1, inner)
            self._post(body)

    def _post(self, body: bytes) -> None:
        if not body:
            return
        headers = {"Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
        request = urllib.request.Request(f"{self.url}/api/v1/write", _snappy(body), headers, method="POST")
        with urllib.request.urlopen(request, timeout=30):
            pass


@contextlib.contextmanager
def running(folder: Path, openmetrics: Path | None = None) -> Iterator[Server]:
    """A server over a folder of its own; ended when the block is left.

    Args:
        folder: for data and configuration.
        openmetrics: a file whose series it holds from the start.
    """
    data = folder / "data"
    data.mkdir()
    if openmetrics is not None:
        made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(openmetrics), str(data)]
        subprocess.run(made, check=True, capture_output=True, timeout=60)
    config = folder / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1h}\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--log.level=error",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait(port, process, folder / "log")
            yield Server(port)
        finally:
            process.kill()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server says that it is ready."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5) as reply,
        ):
            if reply.status == 200:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    raise RuntimeError(f"prometheus did not start: {log.read_text()}")


def openmetrics(series: SeriesSet) -> str:
    """The series in the OpenMetrics text format, one family a name."""
    lines = []
    for name in series.names:
        lines.append(f"# TYPE {name} unknown")
        for one in series:
            if dict(one.labels)["__name__"] != name:
                continue
            inside = ",".join(f'{k}="{v}"' for k, v in one.labels if k != "__name__")
            for t, value in zip(one.times_ms.tolist(), one.values.tolist(), strict=True):
                lines.append(f"{name}{{{inside}}} {_number(value)} {t / 1000:.3f}")
    return "\n".join([*lines, "# EOF", ""])


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return ("+Inf" if value > 0 else "-Inf") if math.isinf(value) else repr(value)


def _varint(n: int) -> bytes:
    out = bytearray()
    while True:
        n, low = n >> 7, n & 0x7F
        out.append(low | (0x80 if n else 0))
        if not n:
            return bytes(out)


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _text(number: int, value: str) -> bytes:
    return _field(number, value.encode())


def _snappy(body: bytes) -> bytes:
    """The block format with literals only: valid, and not compressed."""
    out = bytearray(_varint(len(body)))
    for i in range(0, len(body), 65536):
        piece = body[i : i + 65536]
        out += bytes([61 << 2]) + (len(piece) - 1).to_bytes(2, "little") + piece
    return bytes(out)
