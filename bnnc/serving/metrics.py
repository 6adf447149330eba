"""What the server measures of itself, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bnnc.serving.served import Arrays

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_NATS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Counters and histograms of one server.

    Args:
        requests_in_flight: how many requests are read, wait or are predicted now.
        waiting_rows: how many rows wait for a prediction now.
    """

    def __init__(
        self, requests_in_flight: Callable[[], int], waiting_rows: Callable[[], int]
    ) -> None:
        self._registry = CollectorRegistry()
        here = self._registry
        ProcessCollector(registry=here)
        self._requests = Counter(
            "bnnc_requests", "Requests by path and status.", ["path", "status"], registry=here
        )
        self._seconds = Histogram(
            "bnnc_request_seconds",
            "Seconds from the head of a request to the end of its response.",
            ["path"],
            buckets=_SECONDS,
            registry=here,
        )
        self._refused = Counter(
            "bnnc_overloaded_requests",
            "Requests refused because the queue was full.",
            registry=here,
        )
        self._rows = Counter("bnnc_rows", "Rows predicted.", registry=here)
        self._batch_rows = Histogram(
            "bnnc_batch_rows", "Rows predicted together.", buckets=_ROWS, registry=here
        )
        self._batch_seconds = Histogram(
            "bnnc_prediction_seconds",
            "Seconds of a prediction of one batch.",
            buckets=_SECONDS,
            registry=here,
        )
        self._entropy = Histogram(
            "bnnc_entropy_nats", "Predictive entropy of each row.", buckets=_NATS, registry=here
        )
        self._information = Histogram(
            "bnnc_mutual_information_nats",
            "Mutual information of label and weights of each row.",
            buckets=_NATS,
            registry=here,
        )
        self._rejected = Counter(
            "bnnc_rejected_rows", "Rows that the calibration rejects.", registry=here
        )
        queue = Gauge(
            "bnnc_requests_in_flight", "Requests read, waiting or predicted.", registry=here
        )
        queue.set_function(requests_in_flight)
        waiting = Gauge("bnnc_waiting_rows", "Rows that wait for a prediction.", registry=here)
        waiting.set_function(waiting_rows)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def refused(self) -> None:
        """Count a request that found the queue full."""
        self._refused.inc()

    def batch(self, rows: int, seconds: float) -> None:
        """Count the rows of a prediction."""
        self._rows.inc(rows)
        self._batch_rows.observe(rows)
        self._batch_seconds.observe(seconds)

    def predicted(self, made: Arrays) -> None:
        """Count how uncertain rows of classes are: a change of these tells of other data."""
        if "entropy" in made:
            for entropy, information in zip(
                made["entropy"].reshape(len(made["entropy"]), -1).sum(axis=1),
                made["mutual_information"].reshape(len(made["entropy"]), -1).sum(axis=1),
                strict=True,
            ):
                self._entropy.observe(float(entropy))
                self._information.observe(float(information))
        if "rejected" in made:
            self._rejected.inc(int(made["rejected"].sum()))

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self._registry)
