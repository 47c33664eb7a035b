"""What follows when people change in the middle of a year: reviews, deputies and every cycle go along."""

from datetime import date
from email import message_from_bytes, policy

import pytest

from tests.apps import (
    ANN,
    ASH,
    FINN,
    KEY,
    OFFICE,
    PEOPLE,
    RAY,
    SOURCE,
    begun,
    hand_in,
    ledger,
    logged,
    make_app,
    person,
    roster_of,
    round_at,
    set_clock,
)
from tests.fakes import FakeMailer
from yearwheel.roster.people import Contact, Role, Roster
from yearwheel.services.app import App, Refused
from yearwheel.services.approve_kinds import approve_kinds
from yearwheel.services.contacts import (
    DeputyNamed,
    call_reachable,
    decide_hand_over,
    give_up_address,
    name_deputy,
    set_away,
)
from yearwheel.services.cycles import create_cycle, publish_cycle
from yearwheel.services.explain import explain
from yearwheel.services.lookup import find_cycle
from yearwheel.services.prove import prove
from yearwheel.services.tasks import list_tasks
from yearwheel.store import hand_overs, reminders, rosters
from yearwheel.store.hand_overs import HandOver

DAN = person("dan", ASH, Role.PRINCIPAL)
RON = person("ron", OFFICE, Role.REVIEWER)
NIA = "OET:nia@mail.example"


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


def propose(app: App, contact: Contact, name: str = "Nia", email: str = "nia@mail.example") -> int:
    """A contact has said by their link who does their work now; the number of what waits."""
    with app.database.writing() as work:
        row = hand_overs.add(work.connection, HandOver("KY", contact.key, name, email, app.clock.now()))
        work.commit()
    return row


def roster(app: App, cycle_key: str = KEY) -> Roster:
    with app.database.reading() as connection:
        return rosters.load(connection, "KY", cycle_key)


def reader_of(app: App, code: str) -> list[str]:
    return [contact.key for contact in roster(app).holders(code, Role.REVIEWER)]


@pytest.fixture
def reviewing(sqlite_database, mailer) -> App:
    """Ash County's plan is with Ray, its reviewer; Ron reviews others."""
    people = roster_of(
        *PEOPLE.contacts.values(), RON, person("fay", PEOPLE.districts["003"], Role.FINANCE_OFFICER)
    )
    app = begun(sqlite_database, mailer, roster=people)
    with sqlite_database.writing() as work:
        rosters.assign(work.connection, "KY", KEY, {"001": "ray", "002": "ron", "003": "ray"})
        work.commit()
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001", "002", "003")
    round_at(app, "2027-03-15")
    hand_in(app, "plan", "001")
    round_at(app, "2027-04-01")
    mailer.sent.clear()
    return app


def test_plans_to_review_go_with_the_role(reviewing: App, mailer: FakeMailer) -> None:
    set_clock(reviewing, "2027-04-05")
    number = propose(reviewing, RAY)
    decide_hand_over(reviewing, KEY, number, accept=True, by="ada")

    assert (reader_of(reviewing, "001"), reader_of(reviewing, "002")) == ([NIA], ["ron"])
    round_at(reviewing, "2027-04-09")  # three days before Ray's own date
    assert ("review:3-days-before", NIA, "sent", None) in ledger(
        reviewing, stage_key="review", district_code="001"
    )
    assert RAY.email not in mailer.recipients()
    assert prove(reviewing, KEY).breaches == ()


def test_a_reviewer_who_is_away_is_stood_in_for(reviewing: App) -> None:
    name_deputy(reviewing, KEY, "ray", "leo", by="ada")
    set_away(reviewing, KEY, "ray", date(2027, 4, 30), by="ada")
    assert (reader_of(reviewing, "001"), reader_of(reviewing, "002")) == (["leo"], ["ron"])


def test_the_plans_of_a_reviewer_who_left_fall_to_those_who_are_there(reviewing: App) -> None:
    with reviewing.database.writing() as work:
        rosters.mark_left(work.connection, "KY", ["ray"], reviewing.clock.now())
        work.commit()
    assert reader_of(reviewing, "001") == ["ron"]
    round_at(reviewing, "2027-04-08")


@pytest.fixture
def deputed(sqlite_database, mailer) -> App:
    app = begun(sqlite_database, mailer, roster=roster_of(*PEOPLE.contacts.values(), DAN))
    round_at(app, "2027-02-01")
    name_deputy(app, KEY, "ann", "dan", by="sue")
    return app


def test_two_cannot_stand_in_for_each_other(deputed: App) -> None:
    with pytest.raises(Refused, match="already stands in for ann; two who do so mutually reach"):
        name_deputy(deputed, KEY, "dan", "ann", by="sue")
    assert (roster(deputed).contacts["ann"].deputy_for, roster(deputed).contacts["dan"].deputy_for) == (
        None,
        "ann",
    )


def test_a_deputy_of_another_district_is_remarked_on(deputed: App) -> None:
    assert name_deputy(deputed, KEY, "ann", "bob", by="sue") == DeputyNamed(
        "dan", "Bob is of Birch County, and sees the pages of Ash County as well from now on"
    )
    assert name_deputy(deputed, KEY, "ann", "dan", by="sue") == DeputyNamed("bob")
    assert name_deputy(deputed, KEY, "ann", None, by="sue") == DeputyNamed("dan")
    assert name_deputy(deputed, KEY, "ann", "dan", by="sue") == DeputyNamed("")


def test_who_is_away_without_a_deputy_is_told_of_to_whoever_says_so(deputed: App) -> None:
    assert set_away(deputed, KEY, "ann", date(2027, 4, 30), by="sue") is True
    assert set_away(deputed, KEY, "bob", date(2027, 4, 30), by="sue") is False


def test_a_deputys_letter_says_in_whose_place_it_comes(deputed: App, mailer: FakeMailer) -> None:
    set_away(deputed, KEY, "ann", date(2027, 4, 30), by="sue")
    mailer.sent.clear()
    round_at(deputed, "2027-02-15")

    (raw,) = [e.raw for e in mailer.sent if e.recipient == DAN.email]
    text = message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
    assert f"deputy of {ANN.name}, district technology coordinator for {ASH.name}" in " ".join(text.split())


def test_who_comes_back_hears_once_of_what_was_called_meanwhile(deputed: App, mailer: FakeMailer) -> None:
    set_away(deputed, KEY, "ann", date(2027, 3, 1), by="sue")
    for day in ("2027-02-15", "2027-02-22", "2027-03-01"):
        round_at(deputed, day)
    mailer.sent.clear()
    round_at(deputed, "2027-03-02")

    (raw,) = [e.raw for e in mailer.sent if e.recipient == ANN.email]
    text = message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
    assert (text.count("Budget is late"), text.count("Budget is due")) == (1, 0)
    mine = dict(row[0::2] for row in ledger(deputed, contact_key="ann", stage_key="budget"))
    assert [mine[rung] for rung in ("7-days-before", "on-the-day", "1-workday-after")] == [
        "superseded",
        "superseded",
        "sent",
    ]
    assert prove(deputed, KEY).breaches == ()


def test_a_stage_that_has_closed_asks_nobody_who_came_or_came_back_after_that(
    deputed: App, mailer: FakeMailer
) -> None:
    set_away(deputed, KEY, "ann", date(2027, 3, 20), by="sue")
    for day in ("2027-03-01", "2027-03-02", "2027-03-04", "2027-03-08"):  # the budget closes on March 15
        round_at(deputed, day)
    set_clock(deputed, "2027-03-17")
    new = decide_hand_over(deputed, KEY, propose(deputed, FINN), accept=True, by="sue")
    mailer.sent.clear()
    round_at(deputed, "2027-03-22")

    assert ledger(deputed, contact_key="001:nia@mail.example", stage_key="budget") == []
    mine = {rung: status for rung, _, status, _ in ledger(deputed, contact_key="ann", stage_key="budget")}
    assert mine["1-workday-after"] == "cancelled"
    assert new.email not in mailer.recipients()
    proof = prove(deputed, KEY)
    assert (proof.breaches, proof.missed) == ((), 0)


def test_explain_says_who_is_told_instead_and_why(deputed: App) -> None:
    def said(on: str) -> str:
        (stage,) = [s for s in explain(deputed, KEY, "001", date.fromisoformat(on)).stages if s.not_sent]
        return "\n".join(stage.not_sent)

    set_away(deputed, KEY, "ann", date(2027, 2, 20), by="sue")
    assert (
        "to Ann (district technology coordinator): they are away until 2027-02-20; Dan is told instead."
        in (said("2027-02-15"))
    )
    with deputed.database.writing() as work:
        give_up_address(work.connection, find_cycle(deputed), "ann", "550 unknown", deputed.clock.now())
        work.commit()
    set_away(deputed, KEY, "ann", None, by="sue")
    assert "to Ann (district technology coordinator): they cannot be reached; Dan is told instead." in (
        said("2027-02-15")
    )
    call_reachable(deputed, KEY, "ann", by="sue")
    assert "to Dan (district technology coordinator): they stood in for somebody and do not now; Ann is" in (
        said("2027-02-15")
    )
    with deputed.database.writing() as work:
        rosters.mark_left(work.connection, "KY", ["dan"], deputed.clock.now())
        work.commit()
    assert ": they are not on the roster any more." in said("2027-02-15")


def test_a_deputy_stays_with_the_post_and_the_old_address_asks_for_nothing_more(deputed: App) -> None:
    with deputed.database.writing() as work:
        give_up_address(work.connection, find_cycle(deputed), "ann", "550 unknown", deputed.clock.now())
        work.commit()
    assert [task.kind for task in list_tasks(deputed, "KY")] == ["bad_address"]
    decide_hand_over(deputed, KEY, propose(deputed, ANN), accept=True, by="sue")

    assert list_tasks(deputed, "KY") == []
    people = roster(deputed).contacts
    assert (people["dan"].deputy_for, "ann" in people) == ("001:nia@mail.example", False)


def test_a_person_may_say_that_mail_reaches_an_address_again(deputed: App, mailer) -> None:
    with deputed.database.writing() as work:
        give_up_address(work.connection, find_cycle(deputed), "ann", "550 unknown", deputed.clock.now())
        work.commit()
    round_at(deputed, "2027-02-02")
    call_reachable(deputed, KEY, "ann", by="sue", why="their mailbox is repaired")

    assert (roster(deputed).contacts["ann"].undeliverable, list_tasks(deputed, "KY")) == (None, [])
    (event,) = logged(deputed, "address_mended")
    assert (event.actor, event.before, event.why) == ("sue", "550 unknown", "their mailbox is repaired")
    mailer.sent.clear()
    round_at(deputed, "2027-02-15")
    assert ANN.email in mailer.recipients()
    assert DAN.email not in mailer.recipients()
    assert prove(deputed, KEY).breaches == ()


def test_an_address_that_was_not_given_up_is_not_mended(deputed: App) -> None:
    with pytest.raises(
        Refused, match=r"mail to Ann <ann@mail.example> has not been given up; nothing to mend"
    ):
        call_reachable(deputed, KEY, "ann", by="sue")


def test_a_deputy_who_takes_over_is_nobodys_deputy_any_more(deputed: App) -> None:
    number = propose(deputed, ANN, "Dan", "dan@mail.example")
    with deputed.database.writing() as work:
        rosters.save(work.connection, "KY", Roster({}, {"001:dan@mail.example": _keyed(DAN)}))
        rosters.change_contact(work.connection, "KY", "001:dan@mail.example", deputy_for="ann")
        work.commit()
    decide_hand_over(deputed, KEY, number, accept=True, by="sue")
    assert roster(deputed).contacts["001:dan@mail.example"].deputy_for is None


def _keyed(contact: Contact) -> Contact:
    return Contact("001:dan@mail.example", contact.district_code, contact.name, contact.email, contact.roles)


def test_nobody_is_away_until_a_day_that_is_past(sqlite_database) -> None:
    """A mistyped year would leave the deputy untold."""
    app = make_app(sqlite_database, "2027-02-12")
    with pytest.raises(Refused, match="2026-02-16 is past; give the last day that Ann is away"):
        set_away(app, KEY, "ann", date(2026, 2, 16), by="sue")
    set_away(app, KEY, "ann", date(2027, 2, 12), by="sue")  # today is one


def test_every_cycle_of_the_state_follows(sqlite_database, mailer) -> None:
    app = make_app(sqlite_database, mailer=mailer, roster=roster_of(*PEOPLE.contacts.values(), DAN))
    other = "other-2027"
    create_cycle(app, SOURCE.replace(KEY, other), by="ada")
    approve_kinds(app, other, by="ada")
    publish_cycle(app, other, by="ada")
    name_deputy(app, KEY, "ann", "dan", by="sue")
    set_clock(app, "2027-02-12")
    set_away(app, KEY, "ann", date(2027, 2, 16), by="sue")

    for cycle_key in (KEY, other):
        with app.database.reading() as connection:
            rows = reminders.list_outcomes(connection, cycle_key)
        told = {row["contact_key"] for row in rows if row["rung"] == "14-days-before" and not row["reason"]}
        assert ("dan" in told, "ann" in told) == (True, False)
