"""The first page: how the installation stands."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from yearwheel.services.status import status
from yearwheel.web.pages import app_of, show

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
def first_page(request: Request) -> HTMLResponse:
    """Cycles, deadlines, doubts, mail and the last rounds."""
    prefect_url = request.app.state.prefect_url
    return show(request, "status", page=status(app_of(request)), prefect_url=prefect_url)


@router.get("/healthz")
def health(request: Request) -> JSONResponse:
    """Whether the database answers, and when the last round ran."""
    page = status(app_of(request))
    last = page.rounds[0].as_of.isoformat() if page.rounds else None
    doubts = sum(doubt.count for cycle in page.cycles for doubt in cycle.doubts)
    return JSONResponse({"ok": True, "cycles": len(page.cycles), "last_round": last, "doubts": doubts})
