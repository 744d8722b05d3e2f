"""Metrics and traces for those who watch the desk: Prometheus asks, an OTLP collector is sent.

The only place that knows OpenTelemetry. Its own settings hold: OTEL_EXPORTER_OTLP_ENDPOINT and
OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_METRIC_EXPORT_INTERVAL, OTEL_SERVICE_NAME,
OTEL_RESOURCE_ATTRIBUTES.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from opentelemetry import trace
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from thingdesk import __version__
from thingdesk.platform import traces
from thingdesk.platform.metrics import Counter, Gauge, Histogram, Metric

_log = logging.getLogger(__name__)
_ENDPOINTS = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
_PACKAGE = "opentelemetry-exporter-otlp-proto-http"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Export:
    """All metrics that are declared, and all spans, for as long as it is entered.

    `pushes`: whether a collector is sent them, so that somebody has to keep the gauges fresh.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._outside = _collector()
        readers: list[MetricReader] = [
            PrometheusMetricReader(
                disable_target_info=True, scope_info_enabled=False, registry=self._registry
            )
        ]
        if self._outside:
            readers.append(PeriodicExportingMetricReader(self._outside.metrics))
        resource = Resource.create(
            {
                "service.name": os.environ.get("OTEL_SERVICE_NAME", "thingdesk"),
                "service.version": __version__,
            }
        )
        self._meters = MeterProvider(readers, resource, shutdown_on_exit=False)
        self._resource = resource
        self._tracers: TracerProvider | None = None
        self._watching: AbstractContextManager[None] | None = None
        self._undo = [_bind(self._meters.get_meter("thingdesk"), one) for one in _all()]

    @property
    def pushes(self) -> bool:
        return self._outside is not None

    def scrape(self) -> bytes:
        """What a Prometheus server is answered, as CONTENT_TYPE."""
        return generate_latest(self._registry)

    def __enter__(self) -> Self:
        if self._outside:
            self._tracers = TracerProvider(resource=self._resource, shutdown_on_exit=False)
            self._tracers.add_span_processor(BatchSpanProcessor(self._outside.traces))
            self._watching = traces.watched_by(_Tracer(self._tracers.get_tracer("thingdesk")))
            self._watching.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_: TracebackType | None,
    ) -> None:
        """What has not been sent yet is sent, if the collector answers."""
        if self._watching:
            self._watching.__exit__(kind, error, trace_)
        if self._tracers:
            self._tracers.shutdown()
        for undo in self._undo:
            undo()
        self._meters.shutdown(timeout_millis=2_000)


def _all() -> Iterable[Metric]:
    return [one for _, one in sorted(Metric.declared.items())]


def _nothing() -> None:
    pass


def _bind(meter: Meter, metric: Metric) -> Callable[[], None]:
    """Let `meter` read the metric; how to end that."""
    words, unit = metric.words, metric.unit
    match metric:
        case Counter():
            meter.create_observable_counter(
                metric.name, [_reading(metric, lambda: metric.totals)], unit, words
            )
        case Gauge():
            values = _reading(metric, lambda: metric.read())  # noqa: PLW0108 - it may be set later
            meter.create_observable_gauge(metric.name, [values], unit, words)
        case Histogram():
            bounds = list(metric.bounds)
            made = meter.create_histogram(
                metric.name, unit, words, explicit_bucket_boundaries_advisory=bounds
            )

            def record(number: float, value: str) -> None:
                made.record(number, _labels(metric, value))

            metric.recorders.append(record)
            return lambda: metric.recorders.remove(record)
    return _nothing


def _reading(
    metric: Metric, read: Callable[[], Mapping[str, float]]
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(_: CallbackOptions) -> Iterable[Observation]:
        # a copy: the reader may be another thread
        return [
            Observation(number, _labels(metric, value)) for value, number in dict(read()).items()
        ]

    return observe


def _labels(metric: Metric, value: str) -> dict[str, str]:
    return {metric.label: value} if metric.label else {}


@dataclass(frozen=True, slots=True)
class _Outside:
    metrics: Any
    traces: Any


def _collector() -> _Outside | None:
    """The exporters for the collector that the environment names."""
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415 - a choice
            OTLPMetricExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - a choice
            OTLPSpanExporter,
        )
    except ImportError:
        _log.warning("nothing is sent by OTLP: install %s, or unset %s", _PACKAGE, _ENDPOINTS[0])
        return None
    return _Outside(OTLPMetricExporter(), OTLPSpanExporter())


class _Span:
    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self.place = span.get_span_context()

    def tell(self, **facts: object) -> None:
        self._span.set_attributes(_attributes(facts))

    def end(self) -> None:
        self._span.end()


class _Tracer:
    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(
        self, name: str, links: Sequence[Any], facts: dict[str, object]
    ) -> Iterator[traces.Span]:
        with self._tracer.start_as_current_span(
            name, links=[trace.Link(one) for one in links], attributes=_attributes(facts)
        ) as span:
            yield _Span(span)

    def begin(self, name: str, facts: dict[str, object]) -> traces.Begun:
        return _Span(self._tracer.start_span(name, attributes=_attributes(facts)))

    def current(self) -> Any:
        context = trace.get_current_span().get_span_context()
        return context if context.is_valid else None


def _attributes(facts: Mapping[str, object]) -> dict[str, Any]:
    known = {f"thingdesk.{name}": value for name, value in facts.items() if value is not None}
    return {
        name: value if isinstance(value, int | float | str | list) else str(value)
        for name, value in known.items()
    }
