"""Calendar feeds. The token in the address is all the permission there is."""

from hashlib import sha256

from fastapi import APIRouter, Request, Response

from yearwheel.services.feeds import read_feed

router = APIRouter()


@router.get("/feeds/{token}.ics")
def feed(request: Request, token: str) -> Response:
    """The feed behind a token; 304 if the reader has it already, 404 if the token is unknown or revoked."""
    found = read_feed(request.app.state.app, token)
    if found is None:
        return Response("There is no such calendar feed.\n", status_code=404, media_type="text/plain")
    tag = f'"{sha256(found).hexdigest()[:32]}"'
    # Nothing between us and the reader may keep it, but the reader may, and ask whether it changed.
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {
        given.strip().removeprefix("W/") for given in request.headers.get("if-none-match", "").split(",")
    }
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(found, media_type="text/calendar; charset=utf-8", headers=headers)
