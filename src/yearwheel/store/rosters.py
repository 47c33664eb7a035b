"""Districts, contacts and reviewer assignments."""

import json
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Text, cast, delete, select, update

from yearwheel.roster.people import Contact, District, Role, Roster
from yearwheel.store import bulk, district_days, roster_version
from yearwheel.store.tables import contacts, districts, reviewers


def load(connection: Connection, state: str, cycle_key: str | None = None) -> Roster:
    """A state's roster; with a cycle, also who reviews whom in it.

    Every round and every hand-in asks for it, so the one read last is kept until the people change.
    """
    version = roster_version.read(connection, state)
    kept = _KEPT.setdefault(connection.engine, {})
    key = (state, cycle_key)
    if version is None or key not in kept or kept[key][0] != version:
        whole = _read(connection, state) if cycle_key is None else _read_for(connection, state, cycle_key)
        kept[key] = (version, whole)
    return kept[key][1]


_OF_DISTRICT = [districts.c[name] for name in District.__dataclass_fields__]
# Roles as they are written: reading the same few lists again and again took a third of a nation's roster.
_OF_CONTACT = [
    cast(contacts.c.roles, Text) if name == "roles" else contacts.c[name]
    for name in Contact.__dataclass_fields__
]
_KEPT: WeakKeyDictionary[Engine, dict[tuple[str, str | None], tuple[str | None, Roster]]] = (
    WeakKeyDictionary()
)


def _read_for(connection: Connection, state: str, cycle_key: str) -> Roster:
    query = select(reviewers.c.district_code, reviewers.c.contact_key)
    assigned = connection.execute(query.where(reviewers.c.cycle_key == cycle_key)).all()
    everyone = load(connection, state)
    return Roster(everyone.districts, everyone.contacts, dict(assigned), everyone.breaks)


def _read(connection: Connection, state: str) -> Roster:
    chosen = select(*_OF_DISTRICT).where(districts.c.state == state, districts.c.left_on.is_(None))
    people = select(*_OF_CONTACT).where(contacts.c.state == state, contacts.c.left_at.is_(None))
    found = [
        District(code, name, kind, ZoneInfo(zone), *rest)
        for code, name, kind, zone, *rest in connection.execute(chosen.order_by(districts.c.code)).all()
    ]
    persons = [
        Contact(key, code, name, email, _roles(roles), *rest)
        for key, code, name, email, roles, *rest in connection.execute(people.order_by(contacts.c.key)).all()
    ]
    days = district_days.read(connection, state)
    breaks = {code: own.breaks for code, own in days.items() if own.breaks}
    return Roster({d.code: d for d in found}, {c.key: c for c in persons}, breaks=breaks)


def save(connection: Connection, state: str, roster: Roster) -> None:
    """Write a roster over what is there: new rows added, known ones changed, none removed."""
    known = set(connection.scalars(select(districts.c.code).where(districts.c.state == state)))
    _write(connection, districts, "code", known, [_district_row(state, d) for d in roster.districts.values()])
    known = set(connection.scalars(select(contacts.c.key).where(contacts.c.state == state)))
    _write(connection, contacts, "key", known, [_contact_row(state, c) for c in roster.contacts.values()])
    roster_version.renew(connection, state)


def assign(connection: Connection, state: str, cycle_key: str, assigned: dict[str, str]) -> None:
    """Say who reviews which district in a cycle, in place of what was said before."""
    connection.execute(delete(reviewers).where(reviewers.c.cycle_key == cycle_key))
    rows = [
        {"cycle_key": cycle_key, "district_code": code, "contact_key": key}
        for code, key in sorted(assigned.items())
    ]
    bulk.insert(connection, reviewers, rows)
    roster_version.renew(connection, state)


def mark_undeliverable(connection: Connection, state: str, key: str, words: str) -> None:
    """Keep the mail server's words for a contact whose address does not work."""
    connection.execute(
        update(contacts).where(contacts.c.state == state, contacts.c.key == key).values(undeliverable=words)
    )
    roster_version.renew(connection, state)


def change_contact(connection: Connection, state: str, key: str, **values: Any) -> None:
    """Write single columns of a contact, for example whom they stand in for."""
    same = (contacts.c.state == state) & (contacts.c.key == key)
    connection.execute(update(contacts).where(same).values(**values))
    roster_version.renew(connection, state)


def mark_left(connection: Connection, state: str, keys: Collection[str], at: datetime) -> None:
    """Contacts who are gone: kept for the record, written to no more, and nobody stands in for them."""
    of_state = update(contacts).where(contacts.c.state == state)
    connection.execute(of_state.where(contacts.c.key.in_(keys)).values(left_at=at))
    connection.execute(of_state.where(contacts.c.deputy_for.in_(keys)).values(deputy_for=None))
    roster_version.renew(connection, state)


def _write(
    connection: Connection, table: Any, name: str, known: set[str], rows: list[dict[str, Any]]
) -> None:
    bulk.insert(connection, table, [row for row in rows if row[name] not in known])
    for row in rows:
        if row[name] in known:
            same = (table.c.state == row["state"]) & (table.c[name] == row[name])
            connection.execute(update(table).where(same).values(**row))


def _district_row(state: str, district: District) -> dict[str, Any]:
    names = ("code", "name", "kind", "nces_id", "county", "cooperative")
    numbers = ("enrollment", "schools", "latitude", "longitude")
    row = {name: getattr(district, name) for name in (*names, *numbers)}
    return {"state": state, "zone": district.zone.key, "left_on": None, **row}


@lru_cache(maxsize=256)
def _roles(written: str) -> frozenset[Role]:
    """A nation's people wear the same few hats."""
    return frozenset(Role(word) for word in json.loads(written))


def _contact_row(state: str, contact: Contact) -> dict[str, Any]:
    return {
        "state": state,
        "key": contact.key,
        "district_code": contact.district_code,
        "name": contact.name,
        "email": contact.email,
        "roles": sorted(contact.roles),
        "undeliverable": contact.undeliverable,
        "left_at": None,
    }
