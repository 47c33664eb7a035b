"""Calendar feeds for a district, a person or the whole state, each behind a secret that can be revoked."""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe

from yearwheel.calendar.cycle import Stage
from yearwheel.calendar.feed import FeedEvent, FeedScope
from yearwheel.calendar.ics import write_feed
from yearwheel.roster.people import Contact, Roster
from yearwheel.services.active import Active, read_active
from yearwheel.services.app import App, Refused
from yearwheel.services.feed_days import days_of_district, days_of_state
from yearwheel.store import Connection, events, feeds, rosters, standings
from yearwheel.store import proof as record
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
    editions = record.read_editions(connection, active.key, (*active.former, active.cycle))
    if feed.scope is FeedScope.STATE:
        return title, list(days_of_state(active, editions))
    if feed.scope is FeedScope.DISTRICT:
        district = roster.districts.get(feed.subject)
        stages = set(active.stages)
    else:
        person = roster.contacts.get(feed.subject)
        district = roster.districts.get(person.district_code) if person else None
        stages = {s.key for s in active.stages.values() if person and _concerns(s, person)}
    if district is None:
        return title, []  # who has left the roster has no dates any more
    here = standings.find(connection, active.key, stage_keys=stages, codes=[district.code])
    changes = record.read_changes(connection, active.key, district.code)
    return f"{title}, {district.name}", list(days_of_district(active, editions, changes, here))


def _concerns(stage: Stage, person: Contact) -> bool:
    """Whether a person is told anything about a stage."""
    told = {role for rung in stage.ladder for role in rung.to} | set(stage.tell)
    return bool(told & {str(role) for role in person.roles})


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
