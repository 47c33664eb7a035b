"""Pages behind the links in letters. Scanners follow links, so looking changes nothing; people press."""

from asyncio import to_thread
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from yearwheel.services.app import App, Refused
from yearwheel.services.reader_link import (
    SIGNAL_LABELS,
    Signal,
    confirm_contact,
    decline,
    give_signal,
    open_decline,
    open_link,
    pass_on,
)
from yearwheel.web.status import templates

router = APIRouter()
FORM = "application/x-www-form-urlencoded"
MOST = 10_000  # bytes of a form


@router.get("/l/{token}", response_class=HTMLResponse)
async def show_link(request: Request, token: str) -> HTMLResponse:
    """What the reader of a letter may say here."""
    return await to_thread(_show_link, request, token)


@router.post("/l/{token}", response_class=HTMLResponse)
async def act_on_link(request: Request, token: str) -> HTMLResponse:
    """Take what the reader pressed."""
    if not is_same_origin(request):
        return _say(request, "Please press the button on our own page", status=403)
    form = await _read_form(request)
    return await to_thread(_act, request, token, form)


@router.get("/u/{token}", response_class=HTMLResponse)
async def show_decline(request: Request, token: str) -> HTMLResponse:
    """Ask once more before a kind of message is stopped."""

    def page() -> HTMLResponse:
        found = open_decline(_app(request), token)
        return templates.TemplateResponse(request, "decline.html.jinja", {"page": found})

    return await to_thread(_or_refusal, request, page)


@router.post("/u/{token}", response_class=HTMLResponse)
async def stop(request: Request, token: str) -> HTMLResponse:
    """Stop a kind of message. Mail programs press this button from outside (RFC 8058 3.2)."""

    def page() -> HTMLResponse:
        found = decline(_app(request), token)
        return templates.TemplateResponse(request, "decline.html.jinja", {"page": found})

    return await to_thread(_or_refusal, request, page)


def is_same_origin(request: Request) -> bool:
    """Whether a form was sent from a page of ours. Without either header it was no browser that sent it."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _show_link(request: Request, token: str, said: str = "") -> HTMLResponse:
    def page() -> HTMLResponse:
        found = open_link(_app(request), token)
        words = {"page": found, "labels": SIGNAL_LABELS, "signals": list(Signal), "said": said}
        return templates.TemplateResponse(request, "reader.html.jinja", words)

    return _or_refusal(request, page)


def _act(request: Request, token: str, form: dict[str, str]) -> HTMLResponse:
    def page() -> HTMLResponse:
        return _show_link(request, token, _take(_app(request), token, form))

    return _or_refusal(request, page)


def _take(app: App, token: str, form: dict[str, str]) -> str:
    match form.get("act"):
        case "confirm":
            return confirm_contact(app, token)
        case "pass_on":
            return pass_on(app, token, form.get("name", ""), form.get("email", ""))
        case str(act) if act in set(Signal):
            return give_signal(app, token, form.get("stage", ""), Signal(act))
    raise Refused("nothing was pressed; nothing was changed")


def _or_refusal(request: Request, page: Callable[[], HTMLResponse]) -> HTMLResponse:
    try:
        return page()
    except Refused as refusal:
        return _say(request, str(refusal), status=400)


def _say(request: Request, words: str, *, status: int) -> HTMLResponse:
    page = {"words": words}
    return templates.TemplateResponse(request, "refusal.html.jinja", page, status_code=status)


async def _read_form(request: Request) -> dict[str, str]:
    """The form's fields, each once; nothing of a form that is too long or no form."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MOST:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
        return {}
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    return {name: values[0] for name, values in fields.items()}


def _app(request: Request) -> Any:
    return request.app.state.app
