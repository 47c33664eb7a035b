"""What people see where there is no page, where something is refused, and where the program failed."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from yearwheel.notifications.letter import LINKS_WORK
from yearwheel.services.app import Refused
from yearwheel.services.reader_link import LinkEnded, NotThere
from yearwheel.store.events import OutOfOrder
from yearwheel.web.pages import show

WORDS: dict[int, str] = {
    HTTPStatus.METHOD_NOT_ALLOWED: "this page can be read, and nothing else can be done with it"
}


def not_there(request: Request, _error: Exception) -> Response:
    """Gone, never there or not this reader's: one page for all."""
    return show(request, "not_there", status=HTTPStatus.NOT_FOUND)


def refused(request: Request, error: Exception) -> Response:
    """What cannot be done, and why."""
    return show(request, "refusal", status=HTTPStatus.BAD_REQUEST, words=str(error))


def ended(request: Request, error: Exception) -> Response:
    """A link that is too old: what happened, and how to come by a new one."""
    assert isinstance(error, LinkEnded)
    return show(
        request,
        "ended",
        status=HTTPStatus.BAD_REQUEST,
        cycle=error.cycle,
        last_day=error.last_day,
        links_work=LINKS_WORK.days,
    )


def out_of_order(request: Request, error: Exception) -> Response:
    """Something was pressed today in a year that was acted out further than today."""
    assert isinstance(error, OutOfOrder)
    moment = error.newest.isoformat(timespec="minutes")
    return show(
        request,
        "acted_out",
        status=HTTPStatus.CONFLICT,
        newest=error.newest,
        at=moment.replace("+00:00", "Z"),
    )


def http_error(request: Request, error: Exception) -> Response:
    """A path or a method that no page answers to."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return not_there(request, error)
    words = WORDS.get(error.status_code, error.detail)
    page = show(request, "refusal", status=error.status_code, words=words)
    page.headers.update(error.headers or {})
    return page


def failed(request: Request, _error: Exception) -> Response:
    """A fault of ours. What it was stands in the server's log and not here."""
    return show(request, "failed", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def add_error_pages(web: FastAPI) -> None:
    """Give every failure a page that a person can read."""
    web.add_exception_handler(NotThere, not_there)
    web.add_exception_handler(LinkEnded, ended)
    web.add_exception_handler(Refused, refused)
    web.add_exception_handler(OutOfOrder, out_of_order)
    web.add_exception_handler(HTTPException, http_error)
