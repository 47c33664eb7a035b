"""A relief: the clock stands still for the struck, nothing is asked of them, and it ends by itself."""

from datetime import date
from email import message_from_bytes, policy

import pytest

from tests.apps import KEY, SOURCE, begun, hand_in, ledger, logged, round_at, set_clock, standing_of
from yearwheel.services.app import Refused
from yearwheel.services.change_calendar import preview_change, save_change
from yearwheel.services.decide import Decision, decide
from yearwheel.services.disaster import declare_disaster
from yearwheel.services.explain import explain
from yearwheel.services.extend import Extension, extend
from yearwheel.services.mass import undo
from yearwheel.services.prove import prove
from yearwheel.services.relief import end_relief, list_reliefs
from yearwheel.services.selection import Selection
from yearwheel.store import outbox

STRUCK = Selection(codes=("001",))
MARCH_5 = date(2027, 3, 5)


@pytest.fixture
def app(sqlite_database):
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    round_at(app, "2027-02-15")
    set_clock(app, "2027-02-19 07:00")
    return app


def declare(app, chosen=STRUCK, last=MARCH_5, **options):
    return declare_disaster(app, KEY, chosen, last, by="ada", why="tornado", **options)


def letters(app, code, after, until):
    """The days on which a ladder message of the district left, in a stretch of days."""
    with app.database.reading() as connection:
        query = (
            "SELECT o.send_on, r.rung FROM reminder r JOIN outbox o ON o.id = r.outbox_id WHERE "
            f"r.district_code = '{code}' AND r.rung NOT LIKE '%:%' ORDER BY 1, 2"
        )
        rows = connection.exec_driver_sql(query).all()
    return [tuple(map(str, row)) for row in rows if after <= str(row[0]) <= until]


def test_open_deadlines_wait_as_many_working_days_as_are_lost(app):
    declare(app)

    assert standing_of(app, "budget", "001").due_on == date(2027, 3, 16)  # seven working days were left
    assert standing_of(app, "budget", "001").due_since == date(2027, 3, 6)
    assert standing_of(app, "budget", "002").due_on is None


def test_nothing_is_asked_while_it_lasts_and_everything_after_it(app):
    declare(app)
    for day in ("02-19", "02-22", "03-01", "03-02", "03-05", "03-08", "03-15", "03-16", "03-18", "03-22"):
        round_at(app, f"2027-{day}")
    set_clock(app, "2027-03-23")

    assert letters(app, "001", "2027-02-19", "2027-03-05") == []
    assert [rung for _, rung in letters(app, "001", "2027-03-06", "2027-03-31")] == [
        "7-days-before", "7-days-before", "on-the-day", "on-the-day", "1-workday-after", "1-workday-after",
    ]  # fmt: skip
    assert ("2027-02-22", "7-days-before") in letters(app, "002", "2027-02-19", "2027-03-05")
    assert prove(app, KEY).breaches == ()


def openings(app, stage, code):
    """The days on which the district was told that the stage is open, in letters that left."""
    with app.database.reading() as connection:
        query = (
            "SELECT o.send_on FROM reminder r JOIN outbox o ON o.id = r.outbox_id WHERE o.status = 'sent' "
            f"AND r.rung = 'when-it-opens' AND r.stage_key = '{stage}' AND r.district_code = '{code}'"
        )
        return sorted(str(day) for (day,) in connection.exec_driver_sql(query).all())


@pytest.mark.parametrize("hour", ["07:00", "11:00"])
def test_a_day_that_moves_on_the_day_of_the_opening_tells_the_opening_once(sqlite_database, hour):
    app = begun(sqlite_database)
    if hour > "08:00":
        round_at(app, "2027-02-01 09:30")
    set_clock(app, f"2027-02-01 {hour}")
    april_29 = [Extension("plan", "001", date(2027, 4, 29))]
    extend(app, KEY, april_29, by="ada", why="a flood", force=True)
    declare(app, Selection(codes=("002",)), last=date(2027, 2, 5))
    for day in ("02-01 12:00", "02-02 10:00", "02-08 10:00", "02-09 10:00"):
        round_at(app, f"2027-{day}")

    later = "2027-02-01" if hour > "08:00" else "2027-02-08"
    assert (openings(app, "plan", "001"), openings(app, "plan", "002")) == (["2027-02-01"], [later])
    assert prove(app, KEY).breaches == ()


@pytest.fixture
def before_anything_opens(sqlite_database):
    """The plan is asked for from February 1 on; Ash is struck before."""
    app = begun(sqlite_database)
    round_at(app, "2027-01-25")
    set_clock(app, "2027-01-25 11:00")
    return app


def test_a_stage_that_opens_while_it_lasts_is_announced_on_the_first_working_day_after_it(
    before_anything_opens,
):
    app = before_anything_opens
    declare(app, last=date(2027, 2, 5))
    for day in ("02-01", "02-03", "02-05", "02-06", "02-08", "02-09"):
        round_at(app, f"2027-{day}")

    assert openings(app, "plan", "001") == ["2027-02-08"]
    assert openings(app, "plan", "002") == ["2027-02-01"]
    assert prove(app, KEY).breaches == ()


def test_an_opening_told_before_it_is_not_told_again(app):
    declare(app)
    for day in ("03-05", "03-08", "03-09"):
        round_at(app, f"2027-{day}")
    assert openings(app, "plan", "001") == ["2027-02-01"]


def test_an_opening_waits_for_the_last_of_two_reliefs(before_anything_opens):
    app = before_anything_opens
    declare(app, last=date(2027, 2, 5))
    round_at(app, "2027-02-02")
    declare(app, last=date(2027, 2, 12))
    for day in ("02-08", "02-12", "02-15", "02-16"):
        round_at(app, f"2027-{day}")
    assert openings(app, "plan", "001") == ["2027-02-15"]
    assert prove(app, KEY).breaches == ()


def test_an_opening_is_told_when_a_relief_is_ended_and_on_its_own_day_when_it_is_taken_back(
    before_anything_opens,
):
    app = before_anything_opens
    act = declare(app, last=date(2027, 2, 12)).act
    declare(app, Selection(codes=("002",)), last=date(2027, 2, 12))
    round_at(app, "2027-01-26")
    undo(app, KEY, act, by="ada", why="the wrong county")
    round_at(app, "2027-02-01")
    set_clock(app, "2027-02-03 07:00")
    end_relief(app, KEY, 2, by="ada", why="they work again")
    for day in ("02-03", "02-04", "02-15", "02-16"):
        round_at(app, f"2027-{day}")

    assert openings(app, "plan", "001") == ["2027-02-01"]
    assert openings(app, "plan", "002") == ["2027-02-03"]
    assert prove(app, KEY).breaches == ()


def test_a_calendar_changed_meanwhile_leaves_the_opening_where_the_relief_put_it(before_anything_opens):
    app = before_anything_opens
    declare(app, last=date(2027, 2, 5))
    round_at(app, "2027-02-01")
    save_change(app, KEY, SOURCE.replace("due: April 15", "due: April 29"), by="ada", why="more time")
    for day in ("02-05", "02-08", "02-09"):
        round_at(app, f"2027-{day}")
    assert openings(app, "plan", "001") == ["2027-02-08"]
    assert openings(app, "plan", "002") == ["2027-02-01"]
    assert prove(app, KEY).breaches == ()


def test_what_is_late_already_stays_late_but_is_left_in_peace(app):
    for day in ("02-22", "03-01"):
        round_at(app, f"2027-{day}")
    set_clock(app, "2027-03-02 07:00")
    declare(app)
    for day in ("03-02", "03-04", "03-08"):
        round_at(app, f"2027-{day}")

    assert standing_of(app, "budget", "001").due_on == date(2027, 3, 1)
    assert letters(app, "001", "2027-03-02", "2027-03-05") == []
    ended = [row for row in ledger(app, stage_key="budget", district_code="001") if row[3] == "relief"]
    assert {row[0] for row in ended} == {"1-workday-after", "escalation:3-days-after"}
    proof = prove(app, KEY)
    assert proof.breaches == ()
    assert "relief" in "\n".join(explain(app, KEY, "001", date(2027, 3, 2)).lines())


def test_letters_to_the_struck_are_marked_gentle(app, monkeypatch):
    seen = []
    render = app.renderer.render
    monkeypatch.setattr(app.renderer, "render", lambda letter: seen.append(letter) or render(letter))
    declare(app)
    round_at(app, "2027-02-19")
    round_at(app, "2027-02-22")

    items = {(item.district_name, item.kind, item.gentle) for letter in seen for item in letter.items}
    assert ("Ash County", "extension", True) in items
    assert {gentle for name, _, gentle in items if name == "Birch County"} == {False}


def test_work_returned_during_it_counts_from_its_end(app):
    hand_in(app, "budget", "001")
    declare(app, Selection(codes=("001",)))
    decide(app, KEY, [Decision("budget", "001", "ray", "Sign it.")])

    after = standing_of(app, "budget", "001")
    assert (after.due_since, after.due_on) == (date(2027, 3, 6), date(2027, 3, 19))
    set_clock(app, "2027-02-20")
    assert prove(app, KEY).breaches == ()


def test_ended_early_the_days_stay_as_promised_and_reminders_go_again(app):
    declare(app)
    (relief,) = list_reliefs(app, KEY)
    set_clock(app, "2027-02-25")
    end_relief(app, KEY, relief.id, by="ada", why="power is back")

    after = standing_of(app, "budget", "001")
    assert (after.due_on, after.due_since) == (date(2027, 3, 16), date(2027, 2, 25))
    round_at(app, "2027-03-02")
    assert letters(app, "001", "2027-02-25", "2027-03-02") == [("2027-03-02", "14-days-before")] * 2
    assert prove(app, KEY).breaches == ()
    with pytest.raises(Refused, match="no relief 1 to end; running: none"):
        end_relief(app, KEY, relief.id, by="ada", why="again")


def test_a_disaster_that_was_ended_is_still_taken_back_as_one(app):
    done = declare(app)
    (relief,) = list_reliefs(app, KEY)
    end_relief(app, KEY, relief.id, by="ada", why="the water is gone")
    undo(app, KEY, done.act, by="ada", why="it was the wrong county")

    assert standing_of(app, "budget", "001").due_on is None
    assert prove(app, KEY).breaches == ()


def test_a_disaster_is_taken_back_as_one(app):
    before = [row for row in ledger(app) if row[3] is None]
    done = declare(app)
    undo(app, KEY, done.act, by="ada", why="the wrong county")

    assert standing_of(app, "budget", "001").due_on is None
    assert [r for r in ledger(app) if r[3] is None and not r[0].startswith("extension")] == before
    assert [relief.ended_by for relief in list_reliefs(app, KEY)] == ["ada"]
    assert prove(app, KEY).breaches == ()


def test_taking_one_back_says_which_days_are_past_by_then(app):
    done = declare(app)
    set_clock(app, "2027-03-03")
    (budget,) = [
        touched
        for touched in undo(app, KEY, done.act, by="ada", why="the wrong county", save=False).stages
        if touched.stage_key == "budget"
    ]

    assert budget.notes == ("2027-03-01 is past: who has not handed in is late at once, and told so",)


def test_a_look_declares_nothing(app):
    assert declare(app, save=False).names == ("Ash County",)
    assert (list_reliefs(app, KEY), logged(app, "disaster_declared")) == ([], [])


def test_a_day_that_is_past_is_refused(app):
    with pytest.raises(Refused, match="2027-02-01 is past"):
        declare(app, last=date(2027, 2, 1))


def test_the_letters_after_it_are_soft_to_the_struck_only(app):
    declare(app)
    for day in ("03-01", "03-08", "03-16"):
        round_at(app, f"2027-{day}")
    with app.database.reading() as connection:
        query = (
            "SELECT DISTINCT r.district_code, o.id FROM reminder r JOIN outbox o ON o.id = r.outbox_id "
            "WHERE o.send_on > '2027-02-19' AND r.kind IN ('reminder', 'due_today', 'late')"
        )
        rows = connection.exec_driver_sql(query).all()
        raws = {row: outbox.read(connection, row)["raw"] for _, row in rows}
    soft = {(code, b"We know that this is a hard time" in raws[row]) for code, row in rows}
    assert soft == {("001", True), ("002", False), ("003", False)}


def words_to_the_struck(app, day: str) -> list[str]:
    """Subjects and texts of a day's letters about district 001, as one text each."""
    with app.database.reading() as connection:
        query = (
            "SELECT DISTINCT o.id FROM reminder r JOIN outbox o ON o.id = r.outbox_id "
            f"WHERE r.district_code = '001' AND o.send_on = '{day}' ORDER BY o.id"
        )
        rows = connection.exec_driver_sql(query).scalars().all()
        mails = [
            message_from_bytes(outbox.read(connection, row)["raw"], policy=policy.default) for row in rows
        ]
    return [f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}" for mail in mails]


def test_several_new_dates_are_called_new_dates_and_not_things_due(app):
    round_at(app, "2027-03-01")
    hand_in(app, "budget", "001")
    round_at(app, "2027-04-01")
    decide(app, KEY, [Decision("budget", "001", "ray", "Sign it.")])
    round_at(app, "2027-04-02")
    declare(app, last=date(2027, 4, 14))
    round_at(app, "2027-04-05")

    told = words_to_the_struck(app, "2027-04-05")
    assert {words.splitlines()[0] for words in told} == {
        "2 new dates, first Budget on Wednesday, April 28",
        "New date: Budget - Ash County",  # to the finance officer, who has to do with no other stage
    }
    assert ["There are 2 new dates. The first comes first." in words for words in told].count(True) == 2


def test_whom_it_is_escalated_to_is_written_softly_too(app):
    declare(app)
    round_at(app, "2027-03-08")
    round_at(app, "2027-03-19")

    told = words_to_the_struck(app, "2027-03-19")
    to_sue = [words for words in told if "superintendent" in words]
    assert [words.splitlines()[0] for words in to_sue] == ["Still open: Budget - Ash County"]
    assert all("We know that this is a hard time" in words for words in told)


def test_more_time_given_after_it_does_not_end_the_soft_words(app):
    declare(app)
    round_at(app, "2027-03-08")
    extend(
        app, KEY, [Extension("budget", "001", date(2027, 3, 19))], by="ada", why="still no power", force=True
    )
    round_at(app, "2027-03-19")

    assert all("hard time" in words for words in words_to_the_struck(app, "2027-03-19"))


def test_a_disaster_that_was_taken_back_leaves_no_soft_words(app):
    done = declare(app)
    undo(app, KEY, done.act, by="ada", why="the wrong county")
    round_at(app, "2027-03-01")

    told = words_to_the_struck(app, "2027-03-01")
    assert [("hard time" in words) for words in told] == [False] * len(told) != []


def test_the_same_days_stand_still_only_once(app):
    declare(app)
    once = standing_of(app, "budget", "001")

    with pytest.raises(Refused, match="nothing to declare: 001 has relief until 2027-03-05 already"):
        declare(app)

    assert standing_of(app, "budget", "001") == once
    assert len(list_reliefs(app, KEY)) == 1


def test_who_has_relief_as_long_already_is_left_as_it_is_and_the_others_get_it(app):
    declare(app)
    once = standing_of(app, "budget", "001")
    done = declare(app, chosen=Selection(codes=("001", "002")))

    assert done.skipped == ("001 has relief until 2027-03-05 already",)
    assert standing_of(app, "budget", "001") == once
    assert standing_of(app, "budget", "002").due_on == once.due_on
    assert list_reliefs(app, KEY)[-1].districts == ("002",)


@pytest.mark.parametrize("ended_first", [False, True])
def test_a_longer_relief_adds_only_the_days_that_the_earlier_one_did_not_give(app, ended_first):
    declare(app, last=date(2027, 3, 12), chosen=Selection(codes=("002",)))
    declare(app)
    if ended_first:
        end_relief(app, KEY, 2, by="ada", why="over, we thought")
    declare(app, last=date(2027, 3, 12))

    assert standing_of(app, "budget", "001").due_on == standing_of(app, "budget", "002").due_on
    assert prove(app, KEY).breaches == ()


def change(app, due):
    new = SOURCE.replace("on: March 1, basis", f"on: {due}, basis")
    foreseen = preview_change(app, KEY, new)
    save_change(app, KEY, new, by="ada", why="the board asked")
    (*_, written) = logged(app, "calendar_changed")
    assert dict(foreseen.writes) == dict(written.detail["writes"])


def test_a_calendar_changed_meanwhile_waits_as_long_on_its_new_dates(app):
    """Seven working days of the budget's time were lost to Ash; they are lost to the new day, too."""
    declare(app)
    change(app, "March 8")

    assert standing_of(app, "budget", "001").due_on == date(2027, 3, 23)  # twelve working days are left
    assert standing_of(app, "budget", "001").due_since == date(2027, 3, 6)
    assert standing_of(app, "budget", "002").due_on is None
    (again,) = logged(app, "relief_reapplied")
    (relief,) = list_reliefs(app, KEY)
    assert again.detail == {"act": relief.act, "places": 1}
    assert prove(app, KEY).breaches == ()


def test_what_was_applied_again_is_undone_with_its_disaster_as_one(app):
    done = declare(app)
    change(app, "March 8")
    undo(app, KEY, done.act, by="ada", why="the wrong county")

    assert standing_of(app, "budget", "001").due_on is None
    assert prove(app, KEY).breaches == ()
    for day in ("02-19", "02-22", "03-01", "03-02", "03-08", "03-09"):
        round_at(app, f"2027-{day}")
    heard = [rung for on, rung in letters(app, "001", "2027-02-22", "2027-03-31")]
    assert (
        heard == ["14-days-before"] * 2 + ["7-days-before"] * 2 + ["on-the-day"] * 2 + ["1-workday-after"] * 2
    )
    assert prove(app, KEY).breaches == ()


def test_a_calendar_changed_back_meanwhile_leads_to_the_same_day_and_tells_nobody(app):
    declare(app)
    once = standing_of(app, "budget", "001")
    change(app, "March 8")
    change(app, "March 1")

    assert standing_of(app, "budget", "001") == once
    told = ledger(app, kind="extension", contact_key="ann", stage_key="budget")
    assert [(rung, reason or status) for rung, _, status, reason in told] == [
        ("extension:1", "undone"), ("extension:2", "undone"), ("extension:3", "planned"),
    ]  # fmt: skip
    assert prove(app, KEY).breaches == ()


def test_an_extension_from_before_it_still_counts_when_the_calendar_changes(app):
    extend(app, KEY, [Extension("budget", "001", date(2027, 3, 12))], by="ada", why="flu")
    declare(app)
    struck = standing_of(app, "budget", "001").due_on
    change(app, "March 8")

    assert standing_of(app, "budget", "001").due_on == struck > date(2027, 3, 20)
    change(app, "March 22")
    assert standing_of(app, "budget", "001").due_on == date(2027, 4, 6)


def test_a_change_elsewhere_does_not_hide_an_extension_from_undo(app):
    done = declare(app, Selection(codes=("001", "002")))
    extend(app, KEY, [Extension("plan", "001", date(2027, 5, 20))], by="ada", why="flu", force=True)
    change(app, "March 8")
    with pytest.raises(Refused, match="001 plan: deadline moved, 2027-05-20"):
        undo(app, KEY, done.act, by="ada", why="the wrong county")


def test_a_calendar_that_reaches_the_day_of_a_relief_tells_nothing_of_work_that_is_in(app):
    declare(app)
    hand_in(app, "budget", "001")
    round_at(app, "2027-02-22")
    save_change(app, KEY, SOURCE.replace("on: March 1, basis", "on: March 30, basis"), by="ada", why="ice")
    round_at(app, "2027-02-23")
    assert ledger(app, kind="date_moved", stage_key="budget", district_code="001") == []
    assert ledger(app, kind="date_moved", stage_key="budget", district_code="002") != []
    assert prove(app, KEY).breaches == ()


def test_a_relief_that_is_ended_asks_again_also_where_more_time_was_given_on_top(before_anything_opens):
    app = before_anything_opens
    declare(app, last=date(2027, 2, 26))
    may_27 = [Extension("plan", "001", date(2027, 5, 27))]
    extend(app, KEY, may_27, by="ada", why="a flood", force=True)
    set_clock(app, "2027-02-03 07:00")
    end_relief(app, KEY, 1, by="ada", why="they work again")
    for day in ("02-03", "02-04"):
        round_at(app, f"2027-{day}")
    assert openings(app, "plan", "001") == ["2027-02-03"]
    assert prove(app, KEY).breaches == ()


def test_an_opening_that_a_calendar_moves_into_a_relief_and_out_again_ends_for_what_happened(app):
    """It had been told, and no relief took it away."""
    declare(app, Selection(codes=("002",)), last=date(2027, 2, 23))
    round_at(app, "2027-02-19")
    for opens in ("February 22", "February 15"):
        moved = SOURCE.replace("opens: February 1\n    due: April 15", f"opens: {opens}\n    due: April 15")
        save_change(app, KEY, moved, by="ada", why="the portal")
        assert prove(app, KEY).breaches == ()
    for day in ("02-22", "02-24", "03-01", "03-02"):
        round_at(app, f"2027-{day}")
    assert prove(app, KEY).breaches == ()
