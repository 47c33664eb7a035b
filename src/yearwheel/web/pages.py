"""How a page is made: one set of templates, and human words where there is no page."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from yearwheel.services.app import App
from yearwheel.stages.findings import LABELS as SEVERITIES
from yearwheel.stages.status import HANDED_IN, WAIVED
from yearwheel.web.words import FILTERS, OWN_DAYS

_templates = Jinja2Templates(
    env=Environment(
        loader=PackageLoader("yearwheel.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)
_templates.env.filters.update(FILTERS)
_templates.env.globals.update(own_days=OWN_DAYS, severities=SEVERITIES, handed_in=HANDED_IN, waived=WAIVED)


def show(request: Request, name: str, *, status: int = 200, **words: Any) -> HTMLResponse:
    """The page of that template."""
    return _templates.TemplateResponse(request, f"{name}.html.jinja", words, status_code=status)


def app_of(request: Request) -> App:
    """The installation whose pages these are."""
    app: App = request.app.state.app
    return app
