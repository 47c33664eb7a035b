"""The first page: how the installation stands."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from yearwheel.services.status import status

router = APIRouter()
templates = Jinja2Templates(
    env=Environment(
        loader=PackageLoader("yearwheel.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)


@router.get("/", response_class=HTMLResponse)
def first_page(request: Request) -> HTMLResponse:
    """Cycles, deadlines, doubts, mail and the last rounds."""
    page = {"page": status(request.app.state.app), "prefect_url": request.app.state.prefect_url}
    return templates.TemplateResponse(request, "status.html.jinja", page)


@router.get("/healthz")
def health(request: Request) -> JSONResponse:
    """Whether the database answers, and when the last round ran."""
    page = status(request.app.state.app)
    last = page.rounds[0].as_of.isoformat() if page.rounds else None
    doubts = sum(doubt.count for cycle in page.cycles for doubt in cycle.doubts)
    return JSONResponse({"ok": True, "cycles": len(page.cycles), "last_round": last, "doubts": doubts})
