"""Pages for everybody: the published dates of a cycle, and what old links lead to."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from yearwheel.calendar.year_page import year_sections, year_style
from yearwheel.services.public_year import read_public_district, read_public_stage, read_published
from yearwheel.web.pages import app_of, show

router = APIRouter(default_response_class=HTMLResponse)
style_router = APIRouter()


@style_router.get("/static/year.css")
def style() -> Response:
    """The year's own style, kept beside its template."""
    return Response(year_style(), media_type="text/css")


@router.get("/{cycle}")
def show_year(request: Request, cycle: str) -> HTMLResponse:
    """The published dates, to read and to print."""
    found = read_published(app_of(request), cycle)
    return show(request, "year", cycle=found, sections=year_sections(found))


@router.get("/{cycle}/{district}")
def show_district(request: Request, cycle: str, district: str) -> HTMLResponse:
    """The published dates of a district's stages; how it stands is only on its readers' own pages."""
    return show(request, "public_district", page=read_public_district(app_of(request), cycle, district))


@router.get("/{cycle}/{district}/{stage}")
def show_stage(request: Request, cycle: str, district: str, stage: str) -> HTMLResponse:
    """The published dates of one stage."""
    return show(request, "public_stage", page=read_public_stage(app_of(request), cycle, district, stage))
