from starlette.requests import Request


def address_of(request: Request) -> str:
    """Where a request comes from; behind a proxy of the desk's, as that says."""
    return request.client.host if request.client else ""
