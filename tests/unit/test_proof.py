"""The proof on timelines small enough to work out by hand: one stage, one district, one person."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.factories import EASTERN, make_cycle, make_stage
from yearwheel.calendar.cycle import Rung, RungKind
from yearwheel.calendar.offsets import Offset
from yearwheel.notifications.facts import Facts, Message, Place, Row
from yearwheel.notifications.history import Change
from yearwheel.notifications.ledger import OutboxStatus, Reason, ReminderKey, ReminderStatus
from yearwheel.notifications.proof import BreachKind, Proof, prove
from yearwheel.roster.people import BodyKind, Contact, District, Role, Roster
from yearwheel.stages.status import Status

COORDINATOR = Role.TECHNOLOGY_COORDINATOR
ANN = Contact("001:ann", "001", "Ann Lee", "ann@adair.example", frozenset({COORDINATOR}))
ADAIR = District("001", "Adair County", BodyKind.COUNTY, EASTERN)
WEEK_BEFORE = Rung(Offset.parse("7 days before"), (COORDINATOR,), RungKind.REMINDER)
STAGE = replace(make_stage(opens="2027-03-01", due="2027-04-15"), ladder=(WEEK_BEFORE,))
DUE = date(2027, 4, 15)
RUNG_DAY = datetime(2027, 4, 8, 12, tzinfo=UTC)  # 08:00 in the cycle's zone
ROUND = RUNG_DAY + timedelta(hours=2)
KEY = ReminderKey("drafting", "001", "7-days-before", ANN.key, DUE)


def opened() -> Change:
    at = datetime(2027, 3, 1, 15, tzinfo=UTC)
    return Change(at, "drafting", "001", "opened", "yearwheel", "not_open", "open", "", DUE)


def handed_in(at: datetime) -> Change:
    return Change(at, "drafting", "001", "received", "Ann Lee", "open", "submitted", "", DUE)


def moved(at: datetime, until: date) -> Change:
    days = (DUE.isoformat(), until.isoformat())
    return Change(at, "drafting", "001", "moved", "admin", *days, "ill", until)


def row(status: ReminderStatus, reason: Reason | None = None, at: datetime | None = None) -> Row:
    outbox_id = 1 if status is ReminderStatus.QUEUED else None
    return Row(KEY, RungKind.REMINDER, COORDINATOR, status, reason, RUNG_DAY, outbox_id, at)


def message(left_at: datetime, zone: ZoneInfo = EASTERN) -> Message:
    on = left_at.astimezone(zone).date()
    return Message(1, ANN.key, zone, on, OutboxStatus.SENT, "<1@x.example>", left_at, left_at, 1, False)


def proof(
    *rows: Row,
    changes: tuple[Change, ...] = (),
    messages: tuple[Message, ...] = (),
    until: datetime = RUNG_DAY + timedelta(days=30),
    standings: Mapping[Place, tuple[Status, date]] | None = None,
) -> Proof:
    return prove(
        Facts(
            cycle=make_cycle([STAGE]),
            roster=Roster({"001": ADAIR}, {ANN.key: ANN}),
            published_at=datetime(2027, 1, 4, 15, tzinfo=UTC),
            until=until,
            changes=(opened(), *changes),
            rows=rows,
            messages=messages,
            refused={},
            standings=standings or {},
        )
    )


def kinds(found: Proof) -> list[BreachKind]:
    return [breach.kind for breach in found.breaches]


def test_nothing_is_expected_before_the_rungs_moment() -> None:
    found = proof(until=RUNG_DAY - timedelta(seconds=1))
    assert (found.holds, found.expected) == (True, 0)


def test_what_fell_due_and_has_no_row_is_forgotten() -> None:
    found = proof(until=RUNG_DAY)
    assert (kinds(found), found.expected, found.sent) == ([BreachKind.FORGOTTEN], 1, 0)


def test_a_reminder_sent_in_its_round_is_accounted_for() -> None:
    found = proof(row(ReminderStatus.QUEUED, at=ROUND), messages=(message(ROUND),))
    assert (found.holds, found.expected, found.sent) == (True, 1, 1)


def test_work_handed_in_between_the_moment_and_the_round_is_a_reason() -> None:
    at = RUNG_DAY + timedelta(minutes=30)
    found = proof(row(ReminderStatus.CANCELLED, Reason.WORK_IN, at), changes=(handed_in(at),))
    assert (found.holds, found.expected, found.reasons) == (True, 1, {"work_in": 1})


def test_work_handed_in_before_the_moment_leaves_nothing_to_expect() -> None:
    at = RUNG_DAY - timedelta(days=3)
    found = proof(row(ReminderStatus.CANCELLED, Reason.WORK_IN, at), changes=(handed_in(at),))
    assert (found.holds, found.expected) == (True, 0)


def test_a_planned_row_may_wait_until_the_end_of_the_next_working_day() -> None:
    """The rung falls on a Thursday, so Saturday's first moment is the first too late."""
    end = datetime(2027, 4, 10, 4, tzinfo=UTC)
    planned = row(ReminderStatus.PLANNED)
    waiting = proof(planned, until=end)
    assert (waiting.holds, waiting.waiting) == (True, 1)
    assert kinds(proof(planned, until=end + timedelta(seconds=1))) == [BreachKind.OVERLOOKED]


def test_a_letter_already_in_hand_cannot_know_what_comes_in_the_same_minutes() -> None:
    sent, letter = row(ReminderStatus.QUEUED, at=ROUND), message(ROUND)
    minutes = proof(sent, messages=(letter,), changes=(handed_in(ROUND - timedelta(minutes=9)),))
    hour = proof(sent, messages=(letter,), changes=(handed_in(ROUND - timedelta(hours=1)),))
    assert (kinds(minutes), kinds(hour)) == ([], [BreachKind.AFTER_DONE])


def test_a_reminder_of_the_old_date_after_the_date_moved_is_wrong() -> None:
    at = ROUND - timedelta(hours=1)
    until = date(2027, 4, 29)
    found = proof(
        row(ReminderStatus.QUEUED, at=ROUND),
        messages=(message(ROUND),),
        changes=(moved(at, until),),
        until=RUNG_DAY + timedelta(days=7),
    )
    assert kinds(found) == [BreachKind.OLD_DATE]


def test_no_rung_of_a_moved_date_is_expected_from_before_it_came_into_force() -> None:
    """Granted on April 12: the new deadline's rung of April 9 never was."""
    at = datetime(2027, 4, 12, 18, tzinfo=UTC)
    found = proof(
        row(ReminderStatus.QUEUED, at=ROUND),
        messages=(message(ROUND),),
        changes=(moved(at, date(2027, 4, 16)),),
    )
    assert (found.holds, found.expected) == (True, 1)


def test_the_window_is_the_readers_own() -> None:
    """08:30 in the east is 07:30 for a reader in the west."""
    half_past = RUNG_DAY + timedelta(minutes=30)
    sent = row(ReminderStatus.QUEUED, at=half_past)
    western = proof(sent, messages=(message(half_past, ZoneInfo("America/Chicago")),))
    assert kinds(proof(sent, messages=(message(half_past),))) == []
    assert kinds(western) == [BreachKind.EARLY, BreachKind.OUTSIDE_WINDOW]


def test_a_standing_that_no_recorded_move_leads_to_is_named() -> None:
    stands = {("drafting", "001"): (Status.APPROVED, DUE)}
    found = proof(until=RUNG_DAY - timedelta(days=1), standings=stands)
    assert [(breach.kind, breach.words) for breach in found.breaches] == [
        (
            BreachKind.UNRECORDED,
            "it stands as approved, due 2027-04-15, but the recorded moves lead to open, due 2027-04-15",
        )
    ]


def test_moves_that_do_not_join_up_are_named() -> None:
    at = RUNG_DAY - timedelta(days=1)
    stands = {("drafting", "001"): (Status.SUBMITTED, DUE)}
    found = proof(changes=(replace(handed_in(at), before="returned"),), until=at, standings=stands)
    assert [(breach.kind, breach.words) for breach in found.breaches] == [
        (BreachKind.UNRECORDED, "received on 2027-04-07 starts from returned, not open")
    ]
