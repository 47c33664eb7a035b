"""Styles written into the elements when a template is compiled, so that no letter pays for it again.

Mail readers drop style sheets. Inlining one into each finished letter took a third of the time a letter
takes; a template's classes are known beforehand.
"""

import re
from functools import cache
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment
from jinja2.ext import Extension
from markupsafe import Markup

SHEET = Path(__file__).parent / "templates" / "letter.css"
_CLASSES = re.compile(r'class="([^"{}]+)"')
_STYLE = re.compile(r'style="([^"]*)"')


class InlinedStyles(Extension):
    """Puts `style="..."` beside each `class="..."` of a template.

    Classes that only the letter decides are written `{{ styled("label", tone) }}`.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["styled"] = styled

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        return _CLASSES.sub(lambda found: styled(found[1]), source)


@cache
def styled(*classes: str) -> Markup:
    """The class and style attributes of an element of these classes. KeyError for a class without a style."""
    names = " ".join(filter(None, classes))
    element = _inliner().inline_fragment(f'<p class="{names}"></p>', "")
    style = _STYLE.search(element)
    if style is None:
        raise KeyError(f"letter.css has no style for class {names!r}")
    return Markup(f'class="{names}" style="{style[1]}"')  # noqa: S704 - both are our own files' words


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(extra_css=SHEET.read_text("utf-8"), minify_css=True, load_remote_stylesheets=False)
