"""Asking for more time: what waits meanwhile, what each answer tells, and that the proof knows of it."""

from datetime import date

import pytest

from tests.apps import ANN, FINN, KEY, SUE, begun, hand_in, ledger, logged, round_at, set_clock, standing_of
from tests.fakes import FakeMailer
from tests.unit.test_whole_cycle import texts
from yearwheel.notifications.proof import BreachKind
from yearwheel.services.app import App, Refused
from yearwheel.services.excuse import excuse
from yearwheel.services.explain import explain
from yearwheel.services.extend import Extension, extend
from yearwheel.services.mass import NewDay, extend_many, undo
from yearwheel.services.more_time import Request, ask, grant, list_requests, refuse
from yearwheel.services.prove import prove
from yearwheel.services.selection import Selection
from yearwheel.services.tasks import close_task, list_tasks
from yearwheel.store.tables import reminders

MARCH_12 = date(2027, 3, 12)


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer) -> App:
    """The budget is open, due on March 1."""
    app = begun(sqlite_database, mailer)
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-18")
    return app


def ask_for(app: App, code: str = "001", until: date = MARCH_12, why: str = "flood") -> Request:
    return ask(app, KEY, "budget", code, until, by="Ann", why=why)


def notices(app: App, kind: str) -> list[tuple[str, str, str]]:
    return [(rung, reader, status) for rung, reader, status, _ in ledger(app, kind=kind)]


# Asking


def test_a_request_waits_as_a_task_and_moves_nothing(app) -> None:
    before = ledger(app), standing_of(app, "budget", "001")
    request = ask_for(app)

    assert list_requests(app, KEY) == [request]
    (task,) = list_tasks(app, "KY")
    assert (task.kind, task.district_code, task.subject) == ("more_time", "001", "small-2027/budget")
    assert task.what == (
        "Ash County asks for time until 2027-03-12 in Budget: flood; "
        "to grant it: yearwheel extension grant 001 budget --cycle small-2027; "
        "to refuse it: yearwheel extension refuse 001 budget --why '...' --cycle small-2027"
    )
    (event,) = logged(app, "extension_asked")
    assert (event.actor, event.why, event.detail) == ("Ann", "flood", {"until": "2027-03-12"})
    assert (ledger(app), standing_of(app, "budget", "001")) == before


@pytest.mark.parametrize(
    ("until", "why", "words"),
    [
        (MARCH_12, " ", "needs a reason"),
        (date(2027, 3, 1), "flood", "2027-03-01 is not later than the present due day 2027-03-01"),
    ],
)
def test_a_request_needs_a_reason_and_a_later_day(app, until, why, words) -> None:
    with pytest.raises(Refused, match=words):
        ask_for(app, until=until, why=why)
    assert list_requests(app, KEY) == []


def test_a_district_asks_once_until_it_is_answered(app) -> None:
    ask_for(app)
    with pytest.raises(Refused, match="more time for Budget was asked for already"):
        ask_for(app, until=date(2027, 3, 13))
    ask_for(app, "002")
    assert [request.district_code for request in list_requests(app, KEY)] == ["001", "002"]


def test_who_has_handed_in_has_nothing_to_ask(app) -> None:
    hand_in(app, "budget", "001")
    with pytest.raises(Refused, match="001 is submitted in Budget; nothing to extend"):
        ask_for(app)


def test_a_request_cannot_be_put_away_without_an_answer(app) -> None:
    ask_for(app)
    (task,) = list_tasks(app, "KY")
    with pytest.raises(Refused, match=r"give it: .* to grant it: yearwheel extension grant 001 budget"):
        close_task(app, "KY", task.id, by="ada")
    assert list_tasks(app, "KY") == [task]


# Granting


def test_granting_is_an_extension_with_the_districts_own_reason(app) -> None:
    ask_for(app)
    after = grant(app, KEY, "budget", "001", by="ada")

    assert after == standing_of(app, "budget", "001")
    assert (after.due_on, after.due_because) == (MARCH_12, "extension")
    (event,) = logged(app, "deadline_moved")
    assert (event.actor, event.why) == ("ada", "flood")
    assert notices(app, "extension") == [
        ("extension:1", "ann", "planned"),
        ("extension:1", "finn", "planned"),
        ("extension:1", "sue", "planned"),
    ]
    assert (list_requests(app, KEY), list_tasks(app, "KY")) == ([], [])


def test_the_office_may_grant_another_day_for_a_reason_of_its_own(app) -> None:
    ask_for(app)
    grant(app, KEY, "budget", "001", by="ada", until=date(2027, 3, 5), why="a week is enough")
    (event,) = logged(app, "deadline_moved")
    assert (event.after, event.why) == ("2027-03-05", "a week is enough")


def test_what_may_not_be_granted_stays_open(app) -> None:
    request = ask_for(app, until=date(2027, 4, 30))
    with pytest.raises(Refused, match="Budget closes on 2027-03-15; to go past it use --force"):
        grant(app, KEY, "budget", "001", by="ada")
    assert list_requests(app, KEY) == [request]
    grant(app, KEY, "budget", "001", by="ada", force=True)
    assert list_requests(app, KEY) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda app: hand_in(app, "budget", "001"),
        lambda app: excuse(app, KEY, "budget", "001", by="ada", why="merges"),
        lambda app: extend(app, KEY, [Extension("budget", "001", MARCH_12)], by="ada", why="flood"),
    ],
    ids=["the work comes in", "it is excused", "it is extended unasked"],
)
def test_other_ways_settle_a_request_too(app, act) -> None:
    ask_for(app)
    other = ask_for(app, "002")
    act(app)
    assert list_requests(app, KEY) == [other]


# Refusing


def test_a_refusal_tells_the_people_of_the_stage_why_and_moves_nothing(app, mailer) -> None:
    ask_for(app)
    before = standing_of(app, "budget", "001")
    refuse(app, KEY, "budget", "001", by="ada", why="the date is set by law")

    assert standing_of(app, "budget", "001") == before
    assert (list_requests(app, KEY), list_tasks(app, "KY")) == ([], [])
    (event,) = logged(app, "extension_refused")
    assert (event.actor, event.why, event.before, event.after, event.detail["asked"]) == (
        "ada",
        "the date is set by law",
        "2027-03-01",
        "2027-03-01",
        "2027-03-12",
    )
    mailer.sent.clear()
    round_at(app, "2027-02-19")
    assert notices(app, "extension_refused") == [
        ("extension_refused:1", "ann", "sent"),
        ("extension_refused:1", "finn", "sent"),
    ]
    told = [envelope.recipient for envelope in mailer.sent if b"the date is set by law" in envelope.raw]
    assert sorted(told) == ["ann@mail.example", "finn@mail.example"]


def test_each_who_is_told_the_answer_hears_who_had_asked(app, mailer) -> None:
    """Ann asked; the superintendent, who is told as well, did not."""
    ask_for(app)
    refuse(app, KEY, "budget", "001", by="ada", why="the date is set by law")
    ask_for(app)
    grant(app, KEY, "budget", "001", by="ada")
    round_at(app, "2027-02-19")

    for reader in (ANN, SUE):
        said = " ".join(texts(mailer, reader.email)[-1].split())
        assert "Ann asked for time until Friday, March 12." in said
        assert "You asked" not in said


def test_a_refusal_says_who_had_asked(app, mailer) -> None:
    ask_for(app)
    refuse(app, KEY, "budget", "001", by="ada", why="the date is set by law")
    round_at(app, "2027-02-19")

    said = " ".join(texts(mailer, FINN.email)[-1].split())
    assert "More time was asked for, and it could not be given." in said
    assert "the date is set by law | Ann asked for time until Friday, March 12." in said


def test_a_second_request_can_be_refused_again_and_each_is_told(app) -> None:
    for day in ("2027-02-18", "2027-02-22"):
        set_clock(app, day)
        ask_for(app)
        refuse(app, KEY, "budget", "001", by="ada", why="no")
        round_at(app, day)
    assert [rung for rung, reader, _ in notices(app, "extension_refused") if reader == "ann"] == [
        "extension_refused:1",
        "extension_refused:2",
    ]
    assert prove(app, KEY).breaches == ()


def test_a_refusal_needs_a_reason_and_a_request(app) -> None:
    with pytest.raises(Refused, match="001 has no open request for more time in budget"):
        refuse(app, KEY, "budget", "001", by="ada", why="no")
    request = ask_for(app)
    with pytest.raises(Refused, match="needs a reason"):
        refuse(app, KEY, "budget", "001", by="ada", why="")
    assert list_requests(app, KEY) == [request]


def test_a_refusal_does_not_stand_in_the_way_of_undoing(app) -> None:
    everyone = Selection(everyone=True)
    act = extend_many(app, KEY, everyone, ["budget"], NewDay(date(2027, 3, 5)), by="ada", why="ice")
    ask_for(app)
    refuse(app, KEY, "budget", "001", by="ada", why="no more")
    undo(app, KEY, act.act, by="ada", why="a mistake")
    assert standing_of(app, "budget", "001").due_on is None
    round_at(app, "2027-02-19")
    assert prove(app, KEY).breaches == ()


# Accounting for it


def test_the_proof_demands_the_notice_of_a_refusal(app, sqlite_database) -> None:
    ask_for(app)
    refuse(app, KEY, "budget", "001", by="ada", why="no")
    round_at(app, "2027-02-18")
    for day in ("2027-02-22", "2027-03-01", "2027-03-02"):
        round_at(app, day)
    assert prove(app, KEY).breaches == ()

    with sqlite_database.writing() as work:
        mine = (reminders.c.kind == "extension_refused") & (reminders.c.contact_key == "ann")
        work.connection.execute(reminders.delete().where(mine))
        work.commit()
    kinds = {breach.kind for breach in prove(app, KEY).breaches}
    assert BreachKind.FORGOTTEN in kinds


def test_the_day_of_a_refusal_is_explained(app) -> None:
    ask_for(app)
    refuse(app, KEY, "budget", "001", by="ada", why="no")
    round_at(app, "2027-02-18")
    said = "\n".join(explain(app, KEY, "001", date(2027, 2, 18)).lines())
    assert "Sent: Extension refused notice to Ann (district technology coordinator)" in said
    assert "because more time was asked for and not given" in said


def test_another_day_than_the_one_asked_for_needs_the_offices_own_reason(app) -> None:
    ask_for(app)
    with pytest.raises(
        Refused, match="its reason speaks of that day; another one needs a reason of the office"
    ):
        grant(app, KEY, "budget", "001", by="ada", until=date(2027, 3, 5))

    assert grant(app, KEY, "budget", "001", by="ada", until=MARCH_12).due_on == MARCH_12
