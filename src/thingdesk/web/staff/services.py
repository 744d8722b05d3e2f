"""The catalog, as people read it."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from thingdesk.web.pages import Open
from thingdesk.web.staff.session import Person
from thingdesk.web.staff.show import show

router = APIRouter()


@router.get("/services")
async def get_services(pages: Open, person: Person) -> HTMLResponse:
    found = sorted(pages.flow.catalog, key=lambda one: one.name)
    rules = {
        service.name: [rule for rule in pages.flow.rules.values() if rule.service == service.name]
        for service in found
    }
    inputs = {service.name: service.input.model_json_schema() for service in found}
    return show("services.html", person, "services", found=found, rules=rules, inputs=inputs)
