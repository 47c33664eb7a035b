"""Pages behind the links in letters. Scanners follow links, so looking changes nothing; people press."""

from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse

from yearwheel.services.app import App, Refused
from yearwheel.services.more_time import ask_by_link
from yearwheel.services.reader_home import open_district, open_home
from yearwheel.services.reader_link import (
    SIGNAL_LABELS,
    Signal,
    confirm_contact,
    decline,
    give_signal,
    open_decline,
    pass_on,
    take_back_decline,
)
from yearwheel.services.review_desk import decide_by_link
from yearwheel.services.stage_page import open_stage
from yearwheel.web.pages import app_of, show

router = APIRouter(default_response_class=HTMLResponse)
APPROVE, RETURN = "approve", "return"  # the acts of a review
ONE_CLICK = [("List-Unsubscribe", "One-Click")]
MOST = 50_000  # bytes of a form: five thousand letters of any script, as forms send them
TOO_LONG = "that is longer than can be taken in here; say it in fewer words, and nothing was changed so far"
NOT_ONE_CLICK = (
    "messages are stopped by a mail program's own button (RFC 8058) or by the one on our page; they go on"
)


async def read_form(request: Request) -> dict[str, str]:
    """The form's fields, each once; nothing of what is no form.

    403 for a form that was sent from a page of another site, 413 for one that is too long.
    """
    _check_origin(request)
    fields = await _read_fields(request)
    # Of several of a name the first counts. PostgreSQL keeps no NUL, and no person types one.
    return {name: value.replace("\0", "") for name, value in reversed(fields)}


async def is_one_click(request: Request) -> bool:
    """Whether the body is the one of a mail program's button and nothing else (RFC 8058 3.1).

    413 for one that is too long.
    """
    return await _read_fields(request) == ONE_CLICK


Form = Annotated[dict[str, str], Depends(read_form)]
OneClick = Annotated[bool, Depends(is_one_click)]


async def _read_fields(request: Request) -> list[tuple[str, str]]:
    return _fields(request.headers.get("content-type", ""), await _read_body(request))


async def _read_body(request: Request) -> bytes:
    """What was sent, as far as it is not too long. It need not say how long it is (RFC 9112 6.3)."""
    length = request.headers.get("content-length", "")
    body = b""
    if not (length.isdecimal() and int(length) > MOST):
        async for some in request.stream():
            body += some
            if len(body) > MOST:
                break
        else:
            return body
    raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LONG)


def _fields(content_type: str, body: bytes) -> list[tuple[str, str]]:
    match content_type.partition(";")[0].strip().lower():
        case "application/x-www-form-urlencoded":
            return parse_qsl(body.decode("utf-8", "replace"))
        case "multipart/form-data":
            parts = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body).get_payload()
            return [_field(part) for part in parts if isinstance(part, Message)]
    return []


def _field(part: Message) -> tuple[str, str]:
    value = part.get_payload(decode=True)
    name = str(part.get_param("name", "", "content-disposition"))
    return name, value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


@router.get("/l/{token}")
def show_home(request: Request, token: str, find: str = "") -> HTMLResponse:
    """What is asked of the reader, and their district's year or, for the office, everybody's."""
    return _home(request, token, find=find)


@router.post("/l/{token}")
def act_on_home(request: Request, token: str, form: Form) -> HTMLResponse:
    """Take what the reader pressed."""
    return _home(request, token, said=_take(app_of(request), token, form))


@router.get("/l/{token}/{district}")
def show_district(request: Request, token: str, district: str) -> HTMLResponse:
    """One district's year."""
    page = open_district(app_of(request), token, district)
    return show(request, "district", page=page, reader=page.reader, token=token)


@router.get("/l/{token}/{district}/{stage}")
def show_stage(request: Request, token: str, district: str, stage: str) -> HTMLResponse:
    """One district in one stage."""
    return _stage(request, token, district, stage)


@router.post("/l/{token}/{district}/{stage}")
def act_on_stage(request: Request, token: str, district: str, stage: str, form: Form) -> HTMLResponse:
    """Take how the work stands, or a wish for more time, from a reader whose own district it is.

    Or the decision of its reviewer.
    """
    app = app_of(request)
    if form.get("act") in {APPROVE, RETURN}:
        return _stage(request, token, district, stage, said=_decide(app, token, district, stage, form))
    if not open_stage(app, token, district, stage).may_say:
        raise Refused("your district owes nothing here at the moment; nothing was changed")
    if form.get("act") == "more_time":
        asked = ask_by_link(app, token, stage, form.get("until", ""), form.get("why", ""))
        said = f"You asked for time until {asked.until:%B} {asked.until.day}; the office will answer"
    else:
        said = give_signal(app, token, stage, _signal(form))
    return _stage(request, token, district, stage, said=said)


@router.get("/u/{token}")
def show_decline(request: Request, token: str) -> HTMLResponse:
    """Ask once more before a kind of message is stopped."""
    return show(request, "decline", page=open_decline(app_of(request), token))


@router.post("/u/{token}")
def stop(request: Request, token: str, one_click: OneClick, again: bool = False) -> HTMLResponse:
    """Stop a kind of message. Mail programs press this button from outside (RFC 8058 3.2).

    400 for a post from elsewhere that does not say so. To get it `again` is pressed on our own page only.
    """
    if not again:
        if not (one_click or _is_from_our_page(request)):
            raise HTTPException(HTTPStatus.BAD_REQUEST, NOT_ONE_CLICK)
        return show(request, "decline", page=decline(app_of(request), token))
    _check_origin(request)
    return show(request, "decline", page=take_back_decline(app_of(request), token), said=True)


def _check_origin(request: Request) -> None:
    if not is_same_origin(request):
        raise HTTPException(HTTPStatus.FORBIDDEN, "please press the button on our own page")


def is_same_origin(request: Request) -> bool:
    """Whether a form was sent from a page of ours. Without either header it was no browser that sent it."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _is_from_our_page(request: Request) -> bool:
    """A mail program sends neither header. Nor does every browser: our button says what mail programs say."""
    return ("sec-fetch-site" in request.headers or "origin" in request.headers) and is_same_origin(request)


def _home(request: Request, token: str, *, find: str = "", said: str = "") -> HTMLResponse:
    page = open_home(app_of(request), token, find)
    return show(request, "home", page=page, reader=page.reader, token=token, labels=SIGNAL_LABELS, said=said)


def _stage(request: Request, token: str, district: str, stage: str, *, said: str = "") -> HTMLResponse:
    page = open_stage(app_of(request), token, district, stage)
    return show(request, "stage", page=page, reader=page.reader, token=token, labels=SIGNAL_LABELS, said=said)


def _take(app: App, token: str, form: dict[str, str]) -> str:
    match form.get("act"):
        case "confirm":
            return confirm_contact(app, token)
        case "pass_on":
            return pass_on(app, token, form.get("name", ""), form.get("email", ""))
    return give_signal(app, token, form.get("stage", ""), _signal(form))


def _decide(app: App, token: str, district: str, stage: str, form: dict[str, str]) -> str:
    changes = form.get("changes", "") if form["act"] == RETURN else None
    seal, has_read = form.get("seal", ""), form.get("read") == "yes"
    return decide_by_link(app, token, district, stage, seal=seal, has_read=has_read, changes=changes)


def _signal(form: dict[str, str]) -> Signal:
    if (act := form.get("act")) not in set(Signal):
        raise Refused("nothing was pressed; nothing was changed")
    return Signal(act)
