"""The options that name many districts, and how an act for many is shown before it is done."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from yearwheel.cli.desk import Unclear
from yearwheel.cli.show import say

if TYPE_CHECKING:
    from yearwheel.services.mass import MassAct
    from yearwheel.services.selection import Circle, Selection

County = Annotated[
    list[str] | None, typer.Option("--county", metavar="NAME", help="Every district of a county; may repeat.")
]
Cooperative = Annotated[
    list[str] | None, typer.Option("--cooperative", metavar="NAME", help="Every district of a cooperative.")
]
Near = Annotated[
    str, typer.Option("--near", metavar="LAT,LON,KM", help="Every district in a circle on the map.")
]
Everyone = Annotated[bool, typer.Option("--all", help="Every district of the state.")]
Stages = Annotated[
    list[str] | None, typer.Option("--stage", metavar="STAGE", help="With many districts: which stages.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; do it.")]
FARTHEST = 20_038  # kilometres to the other side of the earth


def choose(
    codes: tuple[str, ...],
    county: list[str] | None,
    cooperative: list[str] | None,
    near: str,
    everyone: bool,
) -> "Selection":
    """The districts these options name."""
    from yearwheel.services.selection import Selection

    circle = _circle(near) if near else None
    return Selection(codes, tuple(county or ()), tuple(cooperative or ()), circle, everyone)


def look_then_do(act: Callable[[bool], "MassAct"], *, yes: bool) -> "MassAct":
    """Show what an act would do, ask, and do it. `act` is told whether to save."""
    from yearwheel.services.mass import in_lines

    for line in in_lines(act(False)):
        say(line)
    if not yes:
        typer.confirm("Do it?", abort=True)
    return act(True)


def _circle(near: str) -> "Circle":
    from yearwheel.services.selection import Circle

    example = "write for example 37.08,-88.60,50"
    try:
        latitude, longitude, km = (float(part) for part in near.split(","))
    except ValueError:
        raise Unclear(f"{near!r} is not a circle; {example}") from None
    for number, what, least, most in (
        (latitude, "latitude", -90, 90),
        (longitude, "longitude", -180, 180),
        (km, "distance in kilometres", 0, FARTHEST),
    ):
        if not least <= number <= most:  # which holds for "nan" too
            raise Unclear(f"{number:g} is no {what}; it lies from {least:,} to {most:,}; {example}")
    return Circle(latitude, longitude, km)
