"""The press: from letters to finished messages."""

from dataclasses import dataclass
from functools import cache

from yearwheel.notifications.letter import Letter
from yearwheel.notifications.mime import HeaderInjection, to_bytes
from yearwheel.notifications.render import Renderer


@dataclass(frozen=True, slots=True)
class Printed:
    """A message ready for the outbox. `template_version` pins its words."""

    subject: str
    raw: bytes
    template_version: str


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A letter that cannot be a message: what HeaderInjection said of it."""

    header: str
    problem: str


def print_letter(letter: Letter) -> Printed | Spoiled:
    """The letter as a message; one that cannot be sent spoils nobody else's."""
    rendered = renderer().render(letter)
    try:
        return Printed(rendered.subject, to_bytes(letter, rendered), rendered.template_version)
    except HeaderInjection as fault:
        return Spoiled(fault.header, fault.problem)


@cache
def renderer() -> Renderer:
    """The process's one renderer: it compiles every template."""
    return Renderer()
