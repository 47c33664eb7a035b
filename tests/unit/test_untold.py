"""What is undone before a letter told it is not told; the reader hears what holds, and only if it is news."""

from datetime import date
from email import message_from_bytes, policy

import pytest

from tests.apps import KEY, SOURCE, begun, hand_in, ledger, round_at, set_clock
from yearwheel.notifications.proof import Proof
from yearwheel.services.change_calendar import save_change
from yearwheel.services.decide import Decision, decide
from yearwheel.services.disaster import declare_disaster
from yearwheel.services.excuse import excuse, reinstate
from yearwheel.services.explain import explain
from yearwheel.services.extend import Extension, extend, take_back_extension
from yearwheel.services.mass import undo
from yearwheel.services.prove import prove
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.selection import Selection
from yearwheel.store import outbox

MARCH_10, MARCH_12 = date(2027, 3, 10), date(2027, 3, 12)


@pytest.fixture
def app(sqlite_database):
    """The budget is open and every letter so far has left."""
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-02 18:00")
    return app


def give(app, until=MARCH_12):
    extend(app, KEY, [Extension("budget", "001", until)], by="ada", why="flood")


def letter(app, contact="ann") -> str:
    """The text of a reader's newest letter."""
    with app.database.reading() as connection:
        found = outbox.list_messages(connection, cycle_key=KEY)
        newest = max(row["id"] for row in found if row["contact_key"] == contact)
        raw = outbox.read(connection, newest)["raw"]
    text = message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
    return text.replace("\r\n", "\n")


def take_back(app):
    take_back_extension(app, KEY, "budget", "001", by="ada", why="wrong district")


def change(app, due):
    save_change(app, KEY, SOURCE.replace("on: March 1, basis", f"on: {due}, basis"), by="ada", why="board")


def told(app, *kinds, contact="ann"):
    """How each notice stands, by its rung."""
    rows = [row for kind in kinds for row in ledger(app, kind=kind, contact_key=contact)]
    return {rung: str(reason or status) for rung, _, status, reason in rows}


def proof(app) -> Proof:
    found = prove(app, KEY)
    assert found.breaches == ()
    return found


@pytest.mark.parametrize(
    ("statutory", "rests_on"),
    [
        ("", "Based on: the office's decision"),
        (
            ", statutory: yes",
            "Based on: the office's decision, which does not change KRS 160.470; the published date is "
            "Monday, March 1",
        ),
        (
            ", set_by: USAC",
            "Based on: the office's decision, which does not change the date that USAC sets; the published "
            "date is Monday, March 1",
        ),
    ],
)
def test_a_day_that_the_office_granted_rests_on_no_law(app, statutory, rests_on):
    source = SOURCE.replace("basis: KRS 160.470}", f"basis: KRS 160.470{statutory}}}")
    if statutory:
        save_change(app, KEY, source, by="ada", why="the statute was found")
    extend(app, KEY, [Extension("budget", "001", MARCH_12)], by="ada", why="flood", force=True)
    round_at(app, "2027-02-03")
    assert f"Based on: {rests_on.removeprefix('Based on: ')}\n" in letter(app)

    round_at(app, "2027-03-05")
    assert [line for line in letter(app).splitlines() if line.startswith("Based on")] == [rests_on]

    take_back(app)
    round_at(app, "2027-03-08")
    assert "Based on: KRS 160.470\n" in letter(app)


def test_the_day_by_which_returned_work_is_due_rests_on_no_law(app):
    hand_in(app, "budget", "001")
    decide(app, KEY, [Decision("budget", "001", "ray", "page 2 is missing")])
    round_at(app, "2027-02-03")

    assert "Based on: the office's decision\n" in letter(app)


def test_a_date_that_is_taken_back_untold_is_told_to_nobody(app):
    give(app)
    take_back(app)
    assert told(app, "extension") == {"extension:1": "undone", "extension:2": "no_news"}
    proof(app)
    round_at(app, "2027-02-03")
    assert told(app, "extension") == {"extension:1": "undone", "extension:2": "no_news"}
    assert proof(app).reasons["undone"] == 3  # Ann's, Finn's and the superintendent's


def test_who_was_told_the_new_date_is_told_that_it_was_taken_back(app):
    give(app)
    round_at(app, "2027-02-03")
    take_back(app)
    round_at(app, "2027-02-04")
    assert told(app, "extension") == {"extension:1": "sent", "extension:2": "sent"}
    proof(app)


def test_each_reader_is_judged_by_what_they_were_told_themselves(app):
    """Finn's letter went; ann's is held by a person and is taken back with what it says."""
    set_clock(app, "2027-02-03")
    give(app)
    queue_mail(app, KEY)
    letters = {m["contact_key"]: m["id"] for m in waiting(app)}
    with app.database.writing() as work:
        outbox.hold(work.connection, [letters["ann"]], "ada", "wait")
        work.commit()
    round_at(app, "2027-02-03 10:05")
    take_back(app)
    assert told(app, "extension") == {"extension:1": "undone", "extension:2": "no_news"}
    assert told(app, "extension", contact="finn") == {"extension:1": "sent", "extension:2": "planned"}
    proof(app)


def waiting(app):
    with app.database.reading() as connection:
        return outbox.list_messages(connection, cycle_key=KEY, statuses=outbox.NOT_LEFT)


def test_of_two_new_dates_only_the_last_is_told(app):
    give(app, MARCH_10)
    give(app, MARCH_12)
    round_at(app, "2027-02-03")
    assert told(app, "extension") == {"extension:1": "undone", "extension:2": "sent"}
    assert "Due: Friday, March 12, 37 days left" in letter(app)
    assert "Instead of: Monday, March 1\n" in letter(app)  # what lay between nobody knew
    proof(app)


def test_a_new_date_names_the_one_that_a_letter_told_before(app):
    give(app, MARCH_10)
    round_at(app, "2027-02-03")
    give(app, MARCH_12)
    round_at(app, "2027-02-04")
    assert "Instead of: Wednesday, March 10\n" in letter(app)
    take_back(app)
    round_at(app, "2027-02-05")
    assert "Instead of: Friday, March 12\n" in letter(app)


def test_a_date_that_comes_again_is_told_once(app):
    give(app)
    take_back(app)
    give(app)
    assert told(app, "extension") == {
        "extension:1": "undone",
        "extension:2": "no_news",
        "extension:3": "planned",
    }
    proof(app)


def test_who_is_excused_is_not_told_of_more_time(app):
    give(app)
    excuse(app, KEY, "budget", "001", by="ada", why="closed")
    assert told(app, "extension", "excused") == {"extension:1": "undone", "excused:1": "planned"}
    proof(app)


def test_an_excuse_taken_back_untold_is_not_told_and_the_new_date_is_again(app):
    give(app)
    excuse(app, KEY, "budget", "001", by="ada", why="closed")
    set_clock(app, "2027-02-09")
    reinstate(app, KEY, "budget", "001", by="ada", why="a mistake")
    assert told(app, "extension", "excused") == {"extension:1": "planned", "excused:1": "undone"}
    proof(app)
    round_at(app, "2027-02-10")
    assert told(app, "extension", "excused") == {"extension:1": "sent", "excused:1": "undone"}
    proof(app)


def test_work_that_goes_back_before_its_receipt_went_is_only_told_to_be_back(app):
    hand_in(app, "budget", "001")
    decide(app, KEY, [Decision("budget", "001", "ray", "page 2 is missing")])
    assert told(app, "receipt", "returned") == {"receipt:1": "undone", "returned:1": "planned"}
    hand_in(app, "budget", "001")
    assert told(app, "receipt", "returned") == {
        "receipt:1": "undone", "receipt:2": "planned", "returned:1": "undone",
    }  # fmt: skip
    proof(app)


def test_a_receipt_for_work_that_is_approved_at_once_still_goes(app):
    hand_in(app, "budget", "001")
    decide(app, KEY, [Decision("budget", "001", "ray")])
    round_at(app, "2027-02-03")
    assert told(app, "receipt", "approved") == {"receipt:1": "sent", "approved:1": "sent"}
    proof(app)


def test_a_relief_undone_before_it_was_told_is_told_to_nobody(app):
    done = declare_disaster(app, KEY, Selection(codes=("001",)), date(2027, 2, 12), by="ada", why="flood")
    undo(app, KEY, done.act, by="ada", why="wrong county")
    assert set(told(app, "extension").values()) <= {"undone", "no_news"}
    proof(app)


def test_a_calendar_changed_back_untold_moves_nothing_for_its_readers(app):
    change(app, "March 8")
    assert told(app, "date_moved") == {"date_moved:1": "planned"}
    change(app, "March 1")
    assert told(app, "date_moved") == {"date_moved:1": "undone", "date_moved:2": "no_news"}
    proof(app)


def test_a_calendar_changed_twice_tells_the_last_day(app):
    change(app, "March 8")
    change(app, "March 11")
    round_at(app, "2027-02-03")
    assert told(app, "date_moved") == {"date_moved:1": "undone", "date_moved:2": "sent"}
    assert "Instead of: Monday, March 1\n" in letter(app)
    proof(app)


def test_it_is_explained_why_they_heard_nothing(app):
    give(app)
    take_back(app)
    round_at(app, "2027-02-03")
    said = "\n".join(explain(app, KEY, "001", date(2027, 2, 2)).lines())
    assert "what it was to tell was taken back before any letter told it" in said
    assert "it would tell the day they know: what lay between was taken back untold" in said


def test_work_that_came_back_says_which_day_its_new_one_replaces(app):
    round_at(app, "2027-02-15")
    hand_in(app, "budget", "001")
    set_clock(app, "2027-02-26 09:00")
    decide(app, KEY, [Decision("budget", "001", "ray", "Name an owner.")])
    round_at(app, "2027-02-26")
    assert "Due: Friday, March 12, 14 days left" in letter(app)
    assert "Instead of: Monday, March 1\n" in letter(app)


def test_a_new_day_names_the_one_that_this_reader_knew(app):
    hand_in(app, "budget", "001")
    hand_in(app, "plan", "001")
    for day in ("04-01", "04-12"):
        round_at(app, f"2027-{day}")
    set_clock(app, "2027-04-12 11:00")
    decide(app, KEY, [Decision("review", "001", "ray", "Name an owner.")])
    round_at(app, "2027-04-13")
    assert "Due: Monday, April 19" in letter(app)
    assert "Instead of" not in letter(app)  # the day for changes is none of the review's own
    extend(app, KEY, [Extension("review", "001", date(2027, 4, 30))], by="ada", why="ill")
    round_at(app, "2027-04-14")
    assert "Instead of: Monday, April 19\n" in letter(app)
    assert "Instead of: Tuesday, June 1\n" in letter(app, "sue")  # of the changes she was not written
