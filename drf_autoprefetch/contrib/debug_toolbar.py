"""django-debug-toolbar: a panel with the plans that a request has used, for JSON responses in the History panel."""

from __future__ import annotations

from typing import Any

from debug_toolbar.panels import Panel

from ..explaining.afterwards import reports
from ..explaining.html import render_panel
from ..loading.watching import Watched, watching


class AutoPrefetchPanel(Panel):  # type: ignore[misc]
    """Add ``"drf_autoprefetch.contrib.debug_toolbar.AutoPrefetchPanel"`` to ``DEBUG_TOOLBAR_PANELS``."""

    title = "Plans of the rows loaded"
    nav_title = "Autoprefetch"
    is_async = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: list[Watched] = []
        self._outer: list[Watched] | None = None

    @property
    def nav_subtitle(self) -> str:
        """``2 queries, 1 note``, of all views that have answered."""
        shown = self._shown()
        planned = [report["queries"] for report in shown if report["plan"]]
        notes = sum(len(report["notes"]) for report in shown)
        said = [_counted(sum(planned), "query", "queries") if planned else "no plan"]
        return ", ".join([*said, _counted(notes, "note", "notes")] if notes else said)

    @property
    def content(self) -> str:
        """The page made of what is stored: neither request nor view is there any more."""
        return render_panel(self._shown())

    def enable_instrumentation(self) -> None:
        """Have the views of this request keep which plans they use."""
        outer = watching.get()
        if outer is not self._kept:
            self._outer = outer
            watching.set(self._kept)

    def disable_instrumentation(self) -> None:
        """Watch no longer; a request inside another one gives way to it."""
        if watching.get() is self._kept:
            watching.set(self._outer)

    def generate_stats(self, request: Any, response: Any) -> None:
        """Store what was kept, as JSON types, and let go of it."""
        kept, self._kept = self._kept, []
        self.record_stats({"reports": list(reports(kept))})

    def _shown(self) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.get_stats().get("reports", [])
        return shown


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
