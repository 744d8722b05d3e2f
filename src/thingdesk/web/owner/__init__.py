"""Pages for owners: what is asked of them, by a signed link."""

from thingdesk.web.owner.decision import router

__all__ = ["router"]
