"""A browser at the pages of an installation, and what is read from a page."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

import httpx

from tests.apps import KEY
from yearwheel.notifications.tokens import READER, sign
from yearwheel.roster.people import Contact
from yearwheel.services.app import App
from yearwheel.web.app import create_web

OURS = {"Sec-Fetch-Site": "same-origin"}
ADDRESS = "http://planning.example"


def visit(
    app: App, path: str, method: str = "GET", headers: dict[str, str] | None = None, **form: str
) -> httpx.Response:
    """What a browser gets; redirects are not followed, and a fault of ours is a page and no exception."""
    return _ask(app, httpx.Request(method, ADDRESS + path, headers=headers, data=form or None))


def post(app: App, path: str, body: str, content_type: str) -> httpx.Response:
    """What a program gets that sends these very words."""
    headers = {"Content-Type": content_type}
    return _ask(app, httpx.Request("POST", ADDRESS + path, headers=headers, content=body.encode()))


def post_in_pieces(app: App, path: str, *pieces: str) -> httpx.Response:
    """What a program gets that sends a form without saying how long it is."""

    async def sent() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece.encode()

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = httpx.Request("POST", ADDRESS + path, headers=headers, content=sent())
    assert "Content-Length" not in request.headers
    return _ask(app, request)


def _ask(app: App, request: httpx.Request) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_web(app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.send(request)

    return asyncio.run(ask())


def press(app: App, path: str, **form: str) -> httpx.Response:
    """A button on a page of ours."""
    return visit(app, path, "POST", OURS, **form)


def home_of(app: App, contact: Contact, until: str = "2099-01-01") -> str:
    """The path behind the link in somebody's letters."""
    return "/l/" + sign(READER, (KEY, contact.key, until), app.secret)


def words(page: httpx.Response) -> str:
    """What a person reads in the page's main part, with single spaces."""
    (main,) = re.findall(r"<main.*?</main>", page.text, re.DOTALL)
    text = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?(strong|span|a|b)( [^>]*)?>", "", main)))
    return " ".join(text.split())


@dataclass
class Element:
    """A start tag with its attributes."""

    tag: str
    given: dict[str, str] = field(default_factory=dict)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, {name: value or "" for name, value in attrs}))


def elements(page: httpx.Response, *tags: str) -> list[Element]:
    """The page's elements of these tags, or all, in order."""
    parser = _Elements()
    parser.feed(page.text)
    return [element for element in parser.found if not tags or element.tag in tags]


def links(page: httpx.Response) -> list[str]:
    """The paths on our own site that a page leads to."""
    found = [element.given.get("href", "") for element in elements(page, "a", "link")]
    return [href for href in dict.fromkeys(found) if href.startswith("/")]
