"""Taking in a roster: read with every fault, compared before it is written, followed by the ledger."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from yearwheel.notifications.ledger import SYSTEM
from yearwheel.notifications.presence import Told
from yearwheel.notifications.what_if import first_standings
from yearwheel.roster.contacts_csv import read_contacts
from yearwheel.roster.diff import Part, RosterDiff, diff_rosters
from yearwheel.roster.districts_csv import read_districts
from yearwheel.roster.generated import generate_contacts
from yearwheel.roster.people import Contact, District, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.cycles import spread_reviews
from yearwheel.services.local_days import enter_on_own_days
from yearwheel.services.moves import tell
from yearwheel.services.note_people import note_changes, told_by
from yearwheel.services.replan import replan
from yearwheel.services.tracks import enter_on_tracks
from yearwheel.store import Connection, cycles, events, rosters, standings, tasks
from yearwheel.store.events import Event
from yearwheel.store.tasks import BAD_ADDRESS, OFTEN_BACK


@dataclass(frozen=True, slots=True)
class RosterFiles:
    """What the files say."""

    roster: Roster
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changes; `reminders` are those planned anew or taken out of the ledger."""

    difference: RosterDiff
    reminders: int = 0


def read_roster_files(
    districts: Path, contacts: Path | None = None, *, generate: bool = False
) -> RosterFiles:
    """Read the files of a roster. Refused with every fault of both of them.

    With `generate` each post of a district gets an invented person at an `.example` address.
    """
    bodies = read_districts(districts)
    codes = [district.code for district in bodies.districts]
    people = read_contacts(contacts, codes) if contacts and not bodies.errors else None
    faults = [f"{districts.name}: {error}" for error in bodies.errors]
    if not (bodies.districts or bodies.errors):
        faults = [f"{districts.name}: there is no district in it"]
    faults += [f"{contacts.name}: {error}" for error in people.errors] if people and contacts else []
    if faults:
        count = f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}; nothing was changed"
        raise Refused("\n".join([*faults, count]))
    warnings = (*bodies.warnings, *(people.warnings if people else ()))
    found: Sequence[Contact] = people.contacts if people else ()
    if generate:
        found = _invent(bodies.districts)
    roster = Roster({d.code: d for d in bodies.districts}, {c.key: c for c in found})
    return RosterFiles(roster, warnings)


def read_roster(app: App, state: str) -> Roster:
    """The roster of a state as it stands."""
    with app.database.reading() as connection:
        return rosters.load(connection, state)


def compare_roster(app: App, state: str, files: RosterFiles) -> Imported:
    """What an import would change."""
    with app.database.reading() as connection:
        before = rosters.load(connection, state)
    return Imported(_difference(before, _merged(before, files), files))


def import_roster(app: App, state: str, files: RosterFiles, *, by: str, source: str) -> Imported:
    """Write a roster over the known one; the ledgers of the state's published cycles follow at once.

    Districts that the files leave out stay as they are, and so do the people of districts for which the
    files name nobody. Where they name somebody, whoever else was there has left.
    """
    now = app.clock.now()
    with app.database.writing() as work:
        before = rosters.load(work.connection, state)
        after = _merged(before, files)
        difference = _difference(before, after, files)
        running = [c for c in cycles.list_cycles(work.connection) if c.state == state and not c.closed_at]
        told = {c.key: told_by(rosters.load(work.connection, state, c.key)) for c in running}
        rosters.save(work.connection, state, after)
        left = before.contacts.keys() - after.contacts.keys()
        if left:
            rosters.mark_left(work.connection, state, sorted(left), now)
            for key in sorted(left):  # who is gone needs no better address
                for kind in (BAD_ADDRESS, OFTEN_BACK):
                    code = before.contacts[key].district_code
                    tasks.close_about(work.connection, state, kind, code, key, by, now)
        counts = {
            "source": source,
            "added": len(difference.added),
            "changed": len(difference.changed),
            "left": len(left),
        }
        reminders = 0
        for stored in running:
            if stored.published_at is not None:
                active = read_active(work.connection, stored.key)
                touched = _touched(before, after, difference)
                reminders += follow_roster(work.connection, active, told[stored.key], touched, now)
            events.append(work.connection, [Event(now, by, "roster_imported", stored.key, detail=counts)])
        if not running:
            events.append(work.connection, [Event(now, by, "roster_imported", detail=counts)])
        work.commit()
    return Imported(difference, reminders)


def _merged(before: Roster, files: RosterFiles) -> Roster:
    named, known = files.roster, before.contacts
    spoken_of = {contact.district_code for contact in named.contacts.values()}
    unspoken = {key: c for key, c in known.items() if c.district_code not in spoken_of}
    # What the mail server said of an address stays true until a letter gets through; files name no deputies.
    kept = {
        key: replace(
            contact,
            undeliverable=known[key].undeliverable,
            deputy_for=known[key].deputy_for,
            away_until=known[key].away_until,
            verified_at=known[key].verified_at,
        )
        if key in known
        else contact
        for key, contact in named.contacts.items()
    }
    return Roster({**before.districts, **named.districts}, {**unspoken, **kept})


def _difference(before: Roster, after: Roster, files: RosterFiles) -> RosterDiff:
    difference = diff_rosters(before, after)
    absent = [before.districts[c] for c in sorted(before.districts.keys() - files.roster.districts.keys())]
    stays = tuple(f"{d.code} {d.name} is not in the file; it stays as it is" for d in absent)
    return replace(difference, warnings=(*files.warnings, *difference.warnings, *stays))


def _touched(before: Roster, after: Roster, difference: RosterDiff) -> set[str]:
    """Codes of the districts whose reminders may differ; the office's people serve every district."""
    keys = {(entry.part, entry.key) for entry in (*difference.added, *difference.gone)}
    keys |= {(change.part, change.key) for change in difference.changed}
    people = {**before.contacts, **after.contacts}
    codes = {people[key].district_code if part is Part.CONTACT else key for part, key in keys}
    office = after.office
    return set(after.districts) if office and office.code in codes else codes


def follow_roster(
    connection: Connection, active: Active, told: Collection[Told], touched: Collection[str], now: datetime
) -> int:
    """Enter new districts into the cycle's stages, give each district a reviewer who is there, plan anew.

    `told` are those who were told until now. Says how many reminders that touched.
    """
    roster = rosters.load(connection, active.state, active.key)
    assigned = {code: key for code, key in roster.reviewers.items() if key in roster.contacts}
    spread = {**spread_reviews(roster), **assigned}
    if spread != roster.reviewers:
        rosters.assign(connection, active.state, active.key, spread)
    moved = {code for code in spread if spread[code] != roster.reviewers.get(code)}
    present = {(s.stage_key, s.district_code) for s in standings.find(connection, active.key)}
    entering = [
        s for s in first_standings(active.cycle, roster) if (s.stage_key, s.district_code) not in present
    ]
    entered, let_off = enter_on_tracks(connection, active, entering, by=SYSTEM)
    entered, own = enter_on_own_days(connection, active, entered, now, by=SYSTEM)
    standings.add(connection, active.key, entered, now)
    note_changes(connection, active, told, rosters.load(connection, active.state, active.key), now)
    tell(connection, active, [*let_off, *own], now)
    affected = standings.find(connection, active.key, codes={*touched, *moved})
    return replan(connection, active, affected, now, people_changed=True).count


def _invent(districts: Sequence[District]) -> Sequence[Contact]:
    office = next((d for d in districts if d.is_state_office), None)
    return generate_contacts([d for d in districts if not d.is_state_office], (), office)
