"""Calendar feeds for a district, a person or the whole state, each behind a secret that can be revoked."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe

from yearwheel.calendar.cycle import Stage
from yearwheel.calendar.feed import FeedEvent, FeedScope
from yearwheel.calendar.ics import describe, event_uid, write_feed
from yearwheel.roster.people import Contact, District, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import OWED, WAIVED
from yearwheel.store import Connection, events, feeds, rosters, standings, versions
from yearwheel.store.events import Event
from yearwheel.store.feeds import Feed

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed just made. Its token is shown this once; only its digest is kept."""

    id: int
    token: str
    url: str


def create_feed(app: App, cycle_key: str, scope: FeedScope, subject: str = "", *, by: str) -> NewFeed:
    """Make a feed for a district's code, a contact's key, or the state. Refused for one nobody knows."""
    now = app.clock.now()
    token = token_urlsafe(TOKEN_BYTES)
    with app.database.writing() as work:
        active = read_active(work.connection, cycle_key)
        roster = rosters.load(work.connection, active.state, cycle_key)
        known: dict[FeedScope, Collection[str]] = {
            FeedScope.DISTRICT: roster.districts.keys(),
            FeedScope.PERSON: roster.contacts.keys(),
            FeedScope.STATE: {""},
        }
        if subject not in known[scope]:
            raise Refused(f"{active.state} has no {scope} {subject!r} to make a feed for")
        number = feeds.add(work.connection, _digest(token), cycle_key, scope, subject, by=by, at=now)
        detail = {"feed": number, "scope": str(scope), "subject": subject}
        events.append(work.connection, [Event(now, by, "feed_created", cycle_key, detail=detail)])
        work.commit()
    return NewFeed(number, token, f"{app.settings.base_url}/feeds/{token}.ics")


def revoke_feed(app: App, cycle_key: str, feed_id: int, *, by: str) -> Feed:
    """Make a feed's link worthless. Refused if there is no such feed, or it was revoked before."""
    now = app.clock.now()
    with app.database.writing() as work:
        read_active(work.connection, cycle_key)
        known = {
            feed.id: feed for feed in feeds.list_feeds(work.connection, cycle_key) if not feed.revoked_at
        }
        if feed_id not in known:
            there = ", ".join(map(str, known)) or "none"
            raise Refused(f"{cycle_key} has no feed {feed_id} to revoke; there are: {there}")
        feeds.revoke(work.connection, feed_id, now)
        events.append(work.connection, [Event(now, by, "feed_revoked", cycle_key, detail={"feed": feed_id})])
        work.commit()
    return known[feed_id]


def list_feeds(app: App, cycle_key: str) -> list[Feed]:
    """Every feed of a cycle, revoked ones included."""
    with app.database.reading() as connection:
        return feeds.list_feeds(connection, read_active(connection, cycle_key).key)


def read_feed(app: App, token: str) -> bytes | None:
    """The feed behind a token, as .ics; None for a token that is unknown or revoked.

    The same state of things gives the same bytes.
    """
    with app.database.reading() as connection:
        feed = feeds.find(connection, _digest(token))
        if feed is None:
            return None
        active = read_active(connection, feed.cycle_key)
        roster = rosters.load(connection, active.state, active.key)
        name, days = _contents(connection, active, roster, feed)
    return write_feed(name, days)


def _contents(
    connection: Connection, active: Active, roster: Roster, feed: Feed
) -> tuple[str, list[FeedEvent]]:
    title = active.cycle.title
    if feed.scope is FeedScope.STATE:
        return title, list(_of_state(connection, active))
    if feed.scope is FeedScope.DISTRICT:
        district = roster.districts.get(feed.subject)
        stages = list(active.stages.values())
    else:
        person = roster.contacts.get(feed.subject)
        district = roster.districts.get(person.district_code) if person else None
        stages = [s for s in active.stages.values() if person and _concerns(s, person)]
    if district is None:
        return title, []  # who has left the roster has no dates any more
    return f"{title}, {district.name}", list(_of_district(connection, active, district, stages))


def _of_state(connection: Connection, active: Active) -> Iterable[FeedEvent]:
    changed_at = _in_force_since(connection, active)
    here = {stage.key for stage in active.cycle.stages}
    for stage in active.stages.values():
        yield FeedEvent(
            event_uid(active.key, stage.key),
            active.cycle.revision + (stage.key not in here),
            stage.dates.due.on,
            f"Due: {stage.title}",
            describe(active.cycle, stage, stage.dates),
            changed_at,
            cancelled=stage.key not in here,
        )


def _of_district(
    connection: Connection, active: Active, district: District, stages: Iterable[Stage]
) -> Iterable[FeedEvent]:
    changes = feeds.count_changes(connection, active.key, district.code)
    since = _in_force_since(connection, active)
    found = {s.stage_key: s for s in standings.find(connection, active.key, codes=[district.code])}
    for stage in stages:
        if stage.key in found:
            count, at = changes.get(stage.key, (0, since))
            sequence, changed_at = active.cycle.revision + count, max(at, since)
            yield _of_place(active, stage, found[stage.key], sequence, changed_at)


def _of_place(
    active: Active, stage: Stage, standing: Standing, sequence: int, changed_at: datetime
) -> FeedEvent:
    removed = all(stage.key != there.key for there in active.cycle.stages)
    dates = stage.dates_for(standing.due_on, active.cycle.workdays)
    return FeedEvent(
        event_uid(active.key, stage.key, standing.district_code),
        sequence,
        dates.due.on,
        f"Due: {stage.title}",
        describe(active.cycle, stage, dates),
        changed_at,
        cancelled=removed or standing.status in WAIVED,
        alarm=standing.status in OWED,
    )


def _in_force_since(connection: Connection, active: Active) -> datetime:
    kept = versions.list_versions(connection, active.key)
    return kept[-1].made_at if kept else active.stored.created_at


def _concerns(stage: Stage, person: Contact) -> bool:
    """Whether a person is told anything about a stage."""
    told = {role for rung in stage.ladder for role in rung.to} | set(stage.tell)
    return bool(told & {str(role) for role in person.roles})


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
