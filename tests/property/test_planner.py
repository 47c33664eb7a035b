"""What holds for every plan, whatever happened before."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.apps import CYCLE, PEOPLE
from tests.plans import PUBLISHED, Ledger, plan, standing
from yearwheel.calendar.cycle import RungKind
from yearwheel.calendar.offsets import Side
from yearwheel.notifications.ledger import ReminderStatus
from yearwheel.notifications.planner import turn_of
from yearwheel.roster.people import STATE_ROLES
from yearwheel.stages.status import OWED, Status

CODES = ["001", "002", "003"]
DAYS = st.dates(date(2027, 1, 4), date(2027, 12, 31))
DUE = BUDGET_DUE = CYCLE.stage("budget").dates.due.on
PLACES = [(stage.key, code) for stage in CYCLE.stages for code in CODES]
AFTER_DUE = {RungKind.LATE, RungKind.ESCALATION}


@st.composite
def facts(draw, place=None):
    """One standing as it might be found: any status, with or without a due day of its own."""
    stage_key, code = place or draw(st.sampled_from(PLACES))
    due_on = draw(st.none() | DAYS)
    due_since = due_on and draw(st.dates(date(2027, 1, 4), due_on))
    return standing(stage_key, code, draw(st.sampled_from(Status)), due_on=due_on, due_since=due_since)


@given(st.lists(facts(), unique_by=lambda s: (s.stage_key, s.district_code)), DAYS)
def test_following_the_same_facts_twice_writes_nothing(here, since):
    ledger = Ledger()
    ledger.follow(*here, since=since)

    assert not ledger.follow(*here, since=since)


@given(st.lists(facts(place=("budget", "001")) | facts(place=("review", "001")), min_size=1, max_size=8))
def test_whatever_the_history_what_is_open_is_what_the_last_facts_want(history):
    ledger = Ledger()
    for here in history:
        ledger.follow(here)

    last = history[-1]
    wanted = {reminder.key for reminder in plan(last)}
    assert {key for key in ledger.open if key[:2] == (last.stage_key, last.district_code)} == wanted


@given(st.lists(facts(place=("budget", "001")), min_size=2, max_size=6), st.data())
def test_what_was_queued_is_never_taken_back_or_repeated(history, data):
    ledger = Ledger()
    queued = set()
    for here in history:
        ledger.follow(here)
        queued |= ledger.queue(data.draw(DAYS))

    assert {k for k, row in ledger.rows.items() if row.status is ReminderStatus.QUEUED} == queued


@given(facts())
def test_reminders_lie_before_their_deadline_and_late_notices_after_it(here):
    offsets = {rung.key: rung for rung in CYCLE.stage(here.stage_key).all_rungs}
    turn = turn_of(CYCLE.stage(here.stage_key), here)
    for reminder in plan(here):
        rung = offsets[reminder.key.rung]
        assert reminder.key.deadline_on == turn.due_on
        if rung.offset.side in (Side.BEFORE, Side.ON):
            assert reminder.due_on <= turn.due_on
        if rung.offset.side is Side.AFTER:
            assert reminder.due_on > turn.due_on


@given(facts(), DAYS)
def test_nothing_goes_on_a_closed_day_outside_the_window_or_before_it_was_promised(here, since):
    for reminder in plan(here, since=since):
        contact = PEOPLE.contacts.get(reminder.key.contact_key)
        zone = PEOPLE.districts[contact.district_code].zone if contact else CYCLE.zone
        local = reminder.due_at.astimezone(zone)
        assert CYCLE.send_window.is_open(reminder.due_at, zone, CYCLE.workdays)
        assert local.date() == reminder.due_on
        assert reminder.due_on >= max(since, here.due_since or since)


@given(st.dates(DUE + timedelta(days=1), date(2027, 8, 31)), st.dates(PUBLISHED, DUE), st.sampled_from(CODES))
def test_an_extension_supersedes_all_and_only_open_rows_and_taking_it_back_revives_exactly_those(
    until, granted_on, code
):
    ledger = Ledger()
    before = standing(code=code)
    ledger.follow(before)
    ledger.queue(granted_on)
    endings, open_rows = ledger.endings(), ledger.open
    ledger.follow(replace(before, due_on=until, due_since=granted_on))
    superseded = {k for k, r in ledger.rows.items() if r.status is ReminderStatus.SUPERSEDED}
    ledger.follow(before)

    assert superseded == open_rows
    assert {k: e for k, e in ledger.endings().items() if k in endings} == endings


@st.composite
def breaks(draw):
    """A few breaks of a district's own, some of them long."""
    days = {}
    for first, length in draw(st.lists(st.tuples(DAYS, st.integers(1, 70)), min_size=1, max_size=4)):
        days |= {first + timedelta(days=n): "a break" for n in range(length)}
    return days


def away(code, days):
    return replace(PEOPLE, breaks={code: days})


@given(facts(), breaks(), DAYS)
def test_no_reminder_goes_to_a_district_on_its_break_and_each_keeps_its_side_of_the_deadline(
    here, days, since
):
    roster = away(here.district_code, days)
    rungs = {rung.key: rung for rung in CYCLE.stage(here.stage_key).all_rungs}
    for reminder in plan(here, roster=roster, since=since):
        if reminder.role in STATE_ROLES:
            continue
        assert reminder.due_on not in days
        assert CYCLE.workdays.is_workday(reminder.due_on)
        assert reminder.due_on >= max(since, here.due_since or since)
        if rungs[reminder.key.rung].offset.side in (Side.BEFORE, Side.ON):
            assert reminder.due_on <= reminder.key.deadline_on
        if rungs[reminder.key.rung].offset.side is Side.AFTER:
            assert reminder.due_on > reminder.key.deadline_on


@given(facts(), breaks())
def test_a_break_moves_only_what_falls_into_it_says_why_and_touches_no_other_reader(here, days):
    plain = {r.key: r for r in plan(here)}
    moved = {r.key: r for r in plan(here, roster=away(here.district_code, days))}
    for key, reminder in moved.items():
        if key in plain and (plain[key].due_on not in days or reminder.role in STATE_ROLES):
            assert reminder == plain[key]
        else:
            assert "falls into the district's break, a break" in reminder.moved_because
    lost = {plain[key].due_on in days for key in plain.keys() - moved.keys()}
    assert lost <= {True}
    elsewhere = away("003" if here.district_code != "003" else "001", days)
    assert plan(here, roster=elsewhere) == list(plain.values())


@given(facts(place=("budget", "001")), breaks(), breaks())
def test_breaks_that_come_and_go_leave_the_ledger_as_it_was(here, days, other):
    ledger = Ledger()
    ledger.follow(here)
    before = ledger.endings()
    ledger.follow(here, roster=away("001", days))
    ledger.follow(here, roster=away("001", other))
    ledger.follow(here)

    after = ledger.endings()
    assert {key: after[key] for key in before} == before
    assert ledger.open == {reminder.key for reminder in plan(here)}


@given(st.permutations(PLACES), st.permutations(PLACES))
def test_the_order_of_planning_does_not_change_what_is_planned(one, other):
    ledgers = Ledger(), Ledger()
    for ledger, order in zip(ledgers, (one, other), strict=True):
        for place in order:
            ledger.follow(standing(*place))

    assert ledgers[0].endings() == ledgers[1].endings()


@given(facts())
def test_one_person_is_told_a_rung_once(here):
    keys = [reminder.key for reminder in plan(here)]

    assert len(keys) == len(set(keys))


@given(facts(place=("budget", "001")))
def test_nobody_is_called_late_while_nothing_is_owed(here):
    assume(here.status not in OWED)

    assert [r for r in plan(here) if r.kind in AFTER_DUE] == []
