"""The code of a machine as a picture, for a product with a display."""

from io import BytesIO
from typing import Annotated
from urllib.parse import urlencode

import segno
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from thingdesk.web.pages import Open

router = APIRouter()


@router.get("/pair/code.svg")
async def get_code(
    request: Request,
    pages: Open,
    user_code: Annotated[str, Query(pattern=r"^[A-Z]{4}-[A-Z]{4}$")],
) -> Response:
    """The QR code of the address at which the owner answers; whether anybody waits under the code
    is not said.
    """
    base = (pages.public_url or str(request.base_url)).rstrip("/")
    drawn = BytesIO()
    made = segno.make(f"{base}/pair?{urlencode({'user_code': user_code})}", micro=False)
    made.save(drawn, kind="svg", scale=8, light="white")
    return Response(drawn.getvalue(), media_type="image/svg+xml")
