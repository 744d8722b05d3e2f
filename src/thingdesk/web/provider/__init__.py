"""Pages for providers: one job, by a signed link."""

from thingdesk.web.provider.job import router

__all__ = ["router"]
