"""Builds the web application from an App."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint

from yearwheel.services.app import App
from yearwheel.web import feeds, links, status, year
from yearwheel.web.errors import add_error_pages, failed
from yearwheel.web.head import AnswersHead

HERE = Path(__file__).parent
# Everything a page needs comes from here; no script, no inline style, nobody else's frame.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_web(app: App, *, prefect_url: str = "", **fastapi: Any) -> FastAPI:
    """The pages of one installation; `prefect_url` is where the operators' own pages are, if they are on."""
    web = FastAPI(
        title="Yearwheel",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        **fastapi,
    )
    web.state.app = app
    web.state.prefect_url = prefect_url
    web.include_router(status.router)
    web.include_router(links.router)
    web.include_router(feeds.router)
    web.include_router(year.style_router)
    web.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    web.include_router(year.router)  # last: its first part may be any word
    add_error_pages(web)
    web.add_middleware(AnswersHead)

    @web.middleware("http")
    async def add_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return _with_headers(request, await call_next(request))

    @web.exception_handler(Exception)
    async def add_headers_to_failure(request: Request, error: Exception) -> Response:
        return _with_headers(request, failed(request, error))  # made outside of every middleware

    return web


def _with_headers(request: Request, response: Response) -> Response:
    """Nobody keeps a page that speaks of people; what is the same for everyone is asked for again."""
    keep = "no-cache" if request.url.path.startswith("/static/") else "no-store"
    for name, value in {**HEADERS, "Cache-Control": keep}.items():
        response.headers.setdefault(name, value)
    return response
