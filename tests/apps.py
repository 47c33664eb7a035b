"""A small installation: four stages, three districts in two zones, and the people in them."""

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from tests.fakes import FakeMailer
from yearwheel.clock import VirtualClock
from yearwheel.config.cycle_file import load_cycle
from yearwheel.config.settings import Mail, Settings
from yearwheel.notifications.mailers import Mailer
from yearwheel.roster.people import BodyKind, Contact, District, Role, Roster
from yearwheel.services.advance import RoundReport, advance
from yearwheel.services.app import App
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.submit import HandIn, submit
from yearwheel.stages.standing import Standing
from yearwheel.store import events, reminders, rosters, standings
from yearwheel.store.database import Database
from yearwheel.store.events import Event

KEY = "small-2027"
SOURCE = (Path(__file__).parent / "cycles" / "small.yaml").read_text("utf-8")
CYCLE = load_cycle(SOURCE)
EASTERN, CENTRAL = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")

ASH = District("001", "Ash County", BodyKind.COUNTY, EASTERN)
BIRCH = District("002", "Birch County", BodyKind.COUNTY, CENTRAL)
CEDAR = District("003", "Cedar Independent", BodyKind.INDEPENDENT, EASTERN)
OFFICE = District("OET", "Office of Testing", BodyKind.STATE_OFFICE, EASTERN)


def person(key: str, district: District, *roles: Role) -> Contact:
    return Contact(key, district.code, key.title(), f"{key}@mail.example", frozenset(roles))


ANN = person("ann", ASH, Role.TECHNOLOGY_COORDINATOR)
FINN = person("finn", ASH, Role.FINANCE_OFFICER)
SUE = person("sue", ASH, Role.SUPERINTENDENT)
BOB = person("bob", BIRCH, Role.TECHNOLOGY_COORDINATOR, Role.FINANCE_OFFICER)  # wears two hats
SAM = person("sam", BIRCH, Role.SUPERINTENDENT)
CAL = person("cal", CEDAR, Role.TECHNOLOGY_COORDINATOR)  # Cedar has no finance officer
SID = person("sid", CEDAR, Role.SUPERINTENDENT)
ADA = person("ada", OFFICE, Role.STATE_ADMIN)
RAY = person("ray", OFFICE, Role.REVIEWER)
LEO = person("leo", OFFICE, Role.OFFICE_LEAD)


def roster_of(*contacts: Contact, districts: tuple[District, ...] = (ASH, BIRCH, CEDAR, OFFICE)) -> Roster:
    return Roster({d.code: d for d in districts}, {c.key: c for c in contacts})


PEOPLE = roster_of(ANN, FINN, SUE, BOB, SAM, CAL, SID, ADA, RAY, LEO)


def at(text: str, zone: ZoneInfo = EASTERN) -> datetime:
    """A moment from local words: "2027-02-22 09:00"; without a time it is ten in the morning."""
    words = text if " " in text else f"{text} 10:00"
    return datetime.fromisoformat(words).replace(tzinfo=zone).astimezone(UTC)


def bare_app(database: Database, moment: str, mailer: Mailer | None = None, data_dir: Path = Path()) -> App:
    """An App on a prepared database; nothing is in it."""
    chosen = mailer or FakeMailer()
    settings = Settings(
        data_dir=data_dir,
        base_url="http://planning.example",
        secret=SecretStr("tests"),
        mail=Mail(tell_admins=False),  # what they are told has tests of its own
    )
    return App(settings, VirtualClock(at(moment)), database, lambda: nullcontext(chosen))


def make_app(
    database: Database,
    moment: str = "2027-01-04",
    mailer: Mailer | None = None,
    *,
    roster: Roster = PEOPLE,
    data_dir: Path = Path(),
) -> App:
    """The small cycle, published on January 4 to the roster; the clock then stands at `moment`."""
    app = bare_app(database, "2027-01-04", mailer, data_dir)
    with database.writing() as work:
        rosters.save(work.connection, "KY", roster)
        work.commit()
    create_cycle(app, SOURCE, by="ada")
    approve_kinds(app, KEY, by="ada")
    publish_cycle(app, KEY, by="ada")
    set_clock(app, moment)
    return app


def set_clock(app: App, moment: str, zone: ZoneInfo = EASTERN) -> None:
    assert isinstance(app.clock, VirtualClock)
    app.clock.set(at(moment, zone))


def with_mail(app: App, **settings: Any) -> None:
    """Change how mail leaves."""
    mail = Mail(**{**app.settings.mail.model_dump(), **settings})
    app.settings = app.settings.model_copy(update={"mail": mail})


def begun(database: Database, mailer: Mailer | None = None, **options: Any) -> App:
    """The small cycle with its set-up done and its mail delivered, on January 11."""
    app = make_app(database, "2027-01-04", mailer, **options)
    round_at(app, "2027-01-04")
    hand_in(app, "setup", "OET", by="Ada")
    round_at(app, "2027-01-05")
    set_clock(app, "2027-01-11")
    return app


def round_at(app: App, moment: str, zone: ZoneInfo = EASTERN) -> RoundReport:
    """Move the clock and run the round of that moment."""
    set_clock(app, moment, zone)
    return advance(app, KEY)


def ledger(app: App, **narrowed: str) -> list[tuple[str, str, str | None, str | None]]:
    """Rung, contact, and how the row stands: what came of its letter, else its own status and reason."""
    with app.database.reading() as connection:
        rows = reminders.list_outcomes(connection, KEY)
    return [
        (row["rung"], row["contact_key"], row["outbox_status"] or row["status"], row["reason"])
        for row in rows
        if all(row[name] == value for name, value in narrowed.items())
    ]


def logged(app: App, *kinds: str) -> list[Event]:
    """The events of these kinds, oldest first."""
    with app.database.reading() as connection:
        return events.list_events(connection, KEY, kinds=kinds)


def standing_of(app: App, stage_key: str, code: str) -> Standing:
    with app.database.reading() as connection:
        (found,) = standings.find(connection, KEY, stage_keys=[stage_key], codes=[code])
    return found


def hand_in(app: App, stage_key: str, *codes: str, by: str = "Ann", force_why: str = "") -> None:
    """Every one of these districts hands in a milestone."""
    evidence = {"done_on": "2026-12-15", "reference": "board minute 7"}
    submit(app, KEY, [HandIn(stage_key, code, evidence, by, force_why=force_why) for code in codes])
