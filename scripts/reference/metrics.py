"""Every metric, as a Prometheus server sees it."""

import importlib
import pkgutil

from scripts.reference.words import Undocumented, page, table

import thingdesk
from thingdesk.platform.metrics import Counter, Metric

INTRO = """
`/metrics` on the operations port answers these ([watch a desk](../how-to/watch-a-desk.md)), and
`process_cpu_seconds_total`, `process_resident_memory_bytes` and what else Prometheus' own library
tells of a process. A histogram has `_bucket`, `_count` and `_sum`. No label is ever an id.

What is *of* the desk is looked up in the database, so every process tells the same: take the
largest, do not add them up. What is of a process counts since it started.
"""
_UNITS = {"s": "_seconds"}


def rows() -> list[tuple[str, str, str, str, str]]:
    for module in pkgutil.walk_packages(thingdesk.__path__, "thingdesk."):
        if module.name != "thingdesk.__main__":
            importlib.import_module(module.name)
    own = [one for one in Metric.declared.values() if one.name.startswith("thingdesk.")]
    return [_row(one) for one in sorted(own, key=lambda one: one.name)]


def prometheus(metric: Metric) -> str:
    """The name that Prometheus knows it by."""
    end = "_total" if isinstance(metric, Counter) else _UNITS.get(metric.unit, "")
    return metric.name.replace(".", "_") + end


def _row(metric: Metric) -> tuple[str, str, str, str, str]:
    if not metric.words:
        raise Undocumented(f"the metric {metric.name} says nothing of itself")
    whose = "desk" if metric.of_desk else "process"
    label = f"`{metric.label}`" if metric.label else ""
    return f"`{prometheus(metric)}`", metric.kind, label, whose, metric.words


def make() -> str:
    return page("Metrics", INTRO, table(("metric", "kind", "label", "of", "meaning"), rows()))
