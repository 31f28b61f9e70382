"""Figures about the server, for Prometheus; no label names a person, a place or an operation."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

TRANSPORTS: Final = ("http", "sse", "websocket")
OUTCOMES: Final = ("answered", "refused", "unavailable", "fault", "gone")
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

Read = Callable[[], float]


class Metrics:
    """The figures of one application, in a registry of its own."""

    def __init__(
        self, totals: Mapping[str, tuple[str, Read]], gauges: Mapping[str, tuple[str, Read]]
    ) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Readings(totals, gauges))
        count = Counter(
            "linli_requests",
            "Operations by transport and outcome.",
            ("transport", "outcome"),
            registry=self.registry,
        )
        seconds = Histogram(
            "linli_request_seconds",
            "Time from arrival to answer.",
            ("transport",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._count = {(t, o): count.labels(t, o) for t in TRANSPORTS for o in OUTCOMES}
        self._seconds = {transport: seconds.labels(transport) for transport in TRANSPORTS}

    def request(self, transport: str, outcome: str, seconds: float) -> None:
        """Count one operation."""
        self._count[transport, outcome].inc()
        self._seconds[transport].observe(seconds)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _Readings(Collector):
    """Figures that others keep, read when asked for."""

    def __init__(
        self, totals: Mapping[str, tuple[str, Read]], gauges: Mapping[str, tuple[str, Read]]
    ) -> None:
        self._totals = totals
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        for name, (text, read) in self._totals.items():
            yield CounterMetricFamily(name, text, value=read())
        for name, (text, read) in self._gauges.items():
            yield GaugeMetricFamily(name, text, value=read())
