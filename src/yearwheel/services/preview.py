"""Previews of every kind of message for one district, in the terminal and as pages in a folder."""

from collections.abc import Iterable
from pathlib import Path

from yearwheel.calendar.cycle import Cycle
from yearwheel.config.cycle_file import load_cycle
from yearwheel.notifications.catalog import CATALOG
from yearwheel.notifications.preview import Preview, Previewer, write_index
from yearwheel.notifications.render import Renderer
from yearwheel.roster.people import District, Roster
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.app import App, Refused
from yearwheel.services.lookup import did_you_mean, find_cycle
from yearwheel.services.see_roster import see_roster
from yearwheel.store import cycles, rosters

EVERY = "all"


def stored_year(app: App, key: str) -> tuple[Cycle, Roster] | None:
    """The cycle of that key, or the only published one, with its roster; None if there is none.

    Refused where several are published and none is named.
    """
    with app.database.reading() as connection:
        stored = cycles.list_cycles(connection)
        if not any(c.key == key if key else c.published_at and not c.closed_at for c in stored):
            return None
        active = find_cycle(app, key)
        roster = rosters.load(connection, active.state, active.key)
    return (active.cycle, roster) if roster.districts else None


def shipped_year(source: str, name: str) -> tuple[Cycle, Roster]:
    """A calendar's text with the shipped roster."""
    return load_cycle(source, name=name), shipped_roster()


def preview(
    cycle: Cycle, roster: Roster, kind: str, code: str, base_url: str
) -> tuple[District, list[Preview]]:
    """The district, by default the first, and its letters of a kind or of `all`; Refused without any."""
    owing = [d.code for d in roster.districts.values() if not d.is_state_office]
    code = code or min(owing)
    if code not in roster.districts:
        raise Refused(f"there is no district {code!r}{did_you_mean(code, owing)}; {see_roster(cycle.state)}")
    previewer = Previewer(cycle, roster, code, Renderer(), base_url)
    found = [shown for each in _kinds(kind) if (shown := previewer.preview(each)) is not None]
    if not found:
        raise Refused(f"{cycle.key} has no message of the kind {kind} for {roster.districts[code].name}")
    return roster.districts[code], found


def write_previews(cycle: Cycle, district: District, previews: list[Preview], folder: Path) -> Path:
    """Write a page for each preview and an index that leads to them; the index comes back."""
    folder.mkdir(parents=True, exist_ok=True)
    for shown in previews:
        (folder / f"{shown.entry.kind}.html").write_text(shown.rendered.html, "utf-8")
        if calendar := shown.letter.dates or shown.letter.withdrawn:
            (folder / f"{shown.entry.kind}.ics").write_bytes(calendar)
    index = folder / "index.html"
    index.write_text(write_index(previews, cycle, district), "utf-8")
    return index


def _kinds(kind: str) -> Iterable[str]:
    if kind == EVERY:
        return CATALOG
    if kind not in CATALOG:
        known = ", ".join(map(str, CATALOG))
        raise Refused(f"{kind!r} is no kind of message{did_you_mean(kind, CATALOG)}; there are all, {known}")
    return (kind,)
