"""Builds the web application from an App."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint

from yearwheel.services.app import App
from yearwheel.web import feeds, links, status

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
    "Cache-Control": "no-store",
}


def create_web(app: App, *, prefect_url: str = "", **fastapi: Any) -> FastAPI:
    """The pages of one installation; `prefect_url` is where the operators' own pages are, if they are on."""
    web = FastAPI(title="Yearwheel", docs_url=None, redoc_url=None, openapi_url=None, **fastapi)
    web.state.app = app
    web.state.prefect_url = prefect_url
    web.include_router(status.router)
    web.include_router(links.router)
    web.include_router(feeds.router)
    web.mount("/static", StaticFiles(directory=HERE / "static"), name="static")

    @web.middleware("http")
    async def add_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return web
