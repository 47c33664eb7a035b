"""Explaining one district's day from the record."""

from datetime import date

from yearwheel.notifications import explain as words
from yearwheel.notifications.explain import Explanation, Record
from yearwheel.services.active import read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.prove import latest_moment
from yearwheel.services.see_roster import see_roster
from yearwheel.store import district_days, rosters
from yearwheel.store import proof as record


def explain(app: App, cycle_key: str, district_code: str, on: date) -> Explanation:
    """Why a district heard what it did on a local day. Refused for a draft and for an unknown district."""
    with app.database.reading() as connection:
        active = read_active(connection, cycle_key)
        roster = rosters.load(connection, active.state, cycle_key)
        if active.stored.published_at is None:
            raise Refused(f"{cycle_key} is a draft: nothing was promised yet; publish it first")
        if district_code not in roster.districts:
            raise Refused(f"there is no district {district_code!r}; {see_roster(active.state)}")
        known = Record(
            cycle=active.cycle,
            roster=roster,
            editions=record.read_editions(connection, cycle_key, (*active.former, active.cycle)),
            district=roster.districts[district_code],
            changes=record.read_changes(connection, cycle_key, district_code),
            entries=record.read_entries(
                connection,
                cycle_key,
                district_code,
                of_office=roster.districts[district_code].is_state_office,
            ),
            now=latest_moment(connection, cycle_key, app.clock.now()),
            closed_at=active.stored.closed_at,
            pauses=record.read_halts(connection, cycle_key),
            of_office=record.read_changes(connection, cycle_key, roster.office.code) if roster.office else (),
            breaks=district_days.read_history(connection, active.state, district_code).get(district_code, ()),
        )
    return words.explain(known, on)
