"""The proof holds for an honest year, and names each kind of breach planted in a copy of its record."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.record import CYCLE, Record
from yearwheel.notifications.proof import Breach, BreachKind, Proof
from yearwheel.services.app import Refused
from yearwheel.services.cycles import create_cycle
from yearwheel.services.prove import prove

KEY = "r.stage_key, r.district_code, r.rung, r.contact_key, r.deadline_on"
# A reminder that left in a digest with others, so that taking it out leaves the digest accounted for.
SENT = f"""
    SELECT r.id, {KEY}, o.id, o.settled_at FROM reminder r JOIN outbox o ON o.id = r.outbox_id
    WHERE o.status = 'sent' AND r.kind = 'reminder'
      AND (SELECT count(*) FROM reminder x WHERE x.outbox_id = o.id AND x.kind = 'reminder') > 1
    ORDER BY r.due_at, r.id
"""
# A reminder that went alone, so that what happens to its message happens to it only.
ALONE = f"""
    SELECT r.id, {KEY}, o.id, o.settled_at FROM reminder r JOIN outbox o ON o.id = r.outbox_id
    WHERE o.status = 'sent' AND r.kind = 'reminder'
      AND (SELECT count(*) FROM reminder x WHERE x.outbox_id = o.id) = 1
    ORDER BY r.due_at, r.id
"""
CANCELLED = f"SELECT r.id, {KEY} FROM reminder r WHERE r.reason = 'work_in' ORDER BY r.id"

Subject = tuple[BreachKind, Any]  # a kind, and the key or the contact it is about


@pytest.fixture
def record(rehearsed_year: Path, tmp_path: Path) -> Record:
    return Record(rehearsed_year, tmp_path)


def check(record: Record) -> Proof:
    with record.app() as app:
        return prove(app, CYCLE)


def subjects(proof: Proof) -> list[Subject]:
    return [(breach.kind, _subject(breach)) for breach in proof.breaches]


def _subject(breach: Breach) -> Any:
    if breach.deadline_on is not None:
        place = (breach.stage_key, breach.district_code, breach.rung, breach.contact_key)
        return (*place, breach.deadline_on.isoformat())
    return breach.contact_key or (breach.stage_key, breach.district_code)


def forget_a_reminder(record: Record) -> list[Subject]:
    row, *key, _, _ = record.find(SENT)
    record.alter("DELETE FROM reminder WHERE id = ?", row)
    return [(BreachKind.FORGOTTEN, tuple(key))]


def forget_a_receipt(record: Record) -> list[Subject]:
    row, *key = record.find(
        f"SELECT r.id, {KEY} FROM reminder r WHERE r.kind = 'receipt' AND "
        "(SELECT count(*) FROM reminder x WHERE x.outbox_id = r.outbox_id) > 1"
    )
    record.alter("DELETE FROM reminder WHERE id = ?", row)
    return [(BreachKind.FORGOTTEN, tuple(key))]


def let_a_reminder_lie(record: Record) -> list[Subject]:
    """The silent district still owes its work, and one of its reminders was never taken up."""
    row, *key, _, _ = record.find(SENT.replace("ORDER BY", "AND r.district_code = '011' ORDER BY"))
    record.alter(
        "UPDATE reminder SET status = 'planned', outbox_id = NULL, settled_at = NULL WHERE id = ?", row
    )
    return [(BreachKind.OVERLOOKED, tuple(key))]


def give_the_true_reason_too_late(record: Record) -> list[Subject]:
    """It was due for days; that the work came in later does not excuse that nobody was told."""
    row, *key, _, _ = record.find(SENT.replace("ORDER BY", "AND r.rung = '21-days-before' ORDER BY"))
    handed_in = record.find(
        "SELECT at FROM event WHERE kind = 'submitted' AND stage_key = ? AND district_code = ?", *key[:2]
    )
    record.alter(
        "UPDATE reminder SET status = 'cancelled', reason = 'work_in', settled_at = ? WHERE id = ?",
        *handed_in,
        row,
    )
    return [(BreachKind.OVERLOOKED, tuple(key))]


def miss_a_reminder(record: Record) -> list[Subject]:
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET status = 'missed', reason = 'too_late' WHERE id = ?", row)
    return [(BreachKind.MISSED, tuple(key))]


def call_it_queued_without_a_message(record: Record) -> list[Subject]:
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET outbox_id = NULL WHERE id = ?", row)
    return [(BreachKind.STRANDED, tuple(key))]


def take_its_message_back(record: Record) -> list[Subject]:
    _, *key, message, _ = record.find(ALONE)
    record.alter("UPDATE outbox SET status = 'suppressed' WHERE id = ?", message)
    return [(BreachKind.STRANDED, tuple(key))]


def leave_a_message_behind(record: Record) -> list[Subject]:
    *_, contact, _, message, _ = record.find(ALONE)
    record.alter("UPDATE outbox SET status = 'queued', settled_at = NULL WHERE id = ?", message)
    return [(BreachKind.STUCK, contact)]


def plan_what_nobody_owes(record: Record) -> list[Subject]:
    row, *key = record.find(CANCELLED)
    record.alter("UPDATE reminder SET status = 'planned', reason = NULL, settled_at = NULL WHERE id = ?", row)
    return [(BreachKind.UNWANTED, tuple(key))]


def claim_that_the_work_was_in(record: Record) -> list[Subject]:
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET status = 'cancelled', reason = 'work_in' WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


def claim_that_it_was_waived(record: Record) -> list[Subject]:
    row, *key = record.find(CANCELLED)
    record.alter("UPDATE reminder SET reason = 'waived' WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


def claim_that_the_date_moved(record: Record) -> list[Subject]:
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET status = 'superseded', reason = 'date_moved' WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


# A notice of a new date that went in one letter with something else, so that the letter stays accounted for.
EXTENSION = f"""
    SELECT r.id, {KEY} FROM reminder r JOIN outbox o ON o.id = r.outbox_id
    WHERE o.status = 'sent' AND r.kind = 'extension'
      AND (SELECT count(*) FROM reminder x WHERE x.outbox_id = o.id) > 1
    ORDER BY r.due_at, r.id
"""


def drop_a_new_date_as_undone(record: Record) -> list[Subject]:
    """The district was given more time, it still has it, and was never told."""
    row, *key = record.find(EXTENSION)
    record.alter(
        "UPDATE reminder SET status = 'cancelled', reason = 'undone', outbox_id = NULL WHERE id = ?", row
    )
    return [(BreachKind.FALSE_REASON, tuple(key))]


def drop_a_new_date_as_no_news(record: Record) -> list[Subject]:
    row, *key = record.find(EXTENSION)
    record.alter(
        "UPDATE reminder SET status = 'cancelled', reason = 'no_news', outbox_id = NULL WHERE id = ?", row
    )
    return [(BreachKind.FALSE_REASON, tuple(key))]


def tell_of_a_day_that_never_held(record: Record) -> list[Subject]:
    """The day the district was given is then told by nobody, too."""
    row, *key = record.find(EXTENSION)
    record.alter("UPDATE reminder SET deadline_on = '2027-12-24' WHERE id = ?", row)
    return [(BreachKind.FORGOTTEN, tuple(key)), (BreachKind.OLD_DATE, (*key[:4], "2027-12-24"))]


def keep_what_was_undone_for_telling(record: Record) -> list[Subject]:
    """The plan is approved: that it has reached its reviewer is no more to be told."""
    row, *key = record.find(
        f"SELECT r.id, {KEY} FROM reminder r JOIN district_stage s USING (stage_key, district_code) "
        "WHERE r.kind = 'assigned' AND s.status = 'approved' "
        "AND (SELECT count(*) FROM reminder x WHERE x.outbox_id = r.outbox_id) > 1 ORDER BY r.id"
    )
    record.alter(
        "UPDATE reminder SET status = 'planned', outbox_id = NULL, settled_at = NULL WHERE id = ?", row
    )
    return [(BreachKind.UNWANTED, tuple(key))]


def claim_that_it_collapsed(record: Record) -> list[Subject]:
    """Later rungs did go, but days later: at that moment there was nothing that said it all."""
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET status = 'superseded', reason = 'collapsed' WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


def claim_that_nobody_holds_the_role(record: Record) -> list[Subject]:
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET status = 'no_address', reason = 'role_empty' WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


def claim_that_the_address_refused(record: Record) -> list[Subject]:
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET status = 'no_address', reason = 'unreachable' WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


def claim_that_the_contact_left(record: Record) -> list[Subject]:
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET status = 'cancelled', reason = 'contact_left' WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


def claim_that_the_calendar_dropped_it(record: Record) -> list[Subject]:
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET status = 'cancelled', reason = 'rung_removed' WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


def claim_that_the_turn_had_passed(record: Record) -> list[Subject]:
    row, *key = record.find(CANCELLED)
    record.alter("UPDATE reminder SET reason = 'not_owed' WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


def end_it_without_a_reason(record: Record) -> list[Subject]:
    row, *key = record.find(CANCELLED)
    record.alter("UPDATE reminder SET reason = NULL WHERE id = ?", row)
    return [(BreachKind.FALSE_REASON, tuple(key))]


def send_the_same_message_twice(record: Record) -> list[Subject]:
    *_, contact, _, message, left_at = record.find(ALONE)
    record.alter(
        "INSERT INTO delivery (outbox_id, attempt, outcome, code, detail, at) "
        "VALUES (?, 2, 'accepted', '250', '', ?)",
        message,
        left_at,
    )
    return [(BreachKind.SENT_TWICE, contact)]


def send_a_copy_of_a_message(record: Record) -> list[Subject]:
    contact, _ = _copy_message(record, record.find(ALONE)[-2])
    return [(BreachKind.UNEXPLAINED, contact)]


def send_a_second_digest_that_day(record: Record) -> list[Subject]:
    row, *_, message, _ = record.find(SENT)
    contact, copy = _copy_message(record, message)
    record.alter("UPDATE reminder SET outbox_id = ? WHERE id = ?", copy, row)
    return [(BreachKind.SECOND_LETTER, contact)]


def _copy_message(record: Record, message: int) -> tuple[str, int]:
    names = (
        "cycle_key, contact_key, send_on, recipient, zone, subject, template_version, status, "
        "not_before, attempts, queued_at, settled_at"
    )
    record.alter(
        f"INSERT INTO outbox (nth, message_id, {names}) "
        f"SELECT nth + 1, '<copy@yearwheel.example>', {names} FROM outbox WHERE id = ?",
        message,
    )
    contact, copy = record.find(
        "SELECT contact_key, id FROM outbox WHERE message_id = '<copy@yearwheel.example>'"
    )
    record.alter(
        "INSERT INTO delivery (outbox_id, attempt, outcome, code, detail, at) "
        "SELECT ?, 1, outcome, code, detail, at FROM delivery WHERE outbox_id = ?",
        copy,
        message,
    )
    return contact, copy


def call_it_sent_without_an_attempt(record: Record) -> list[Subject]:
    *_, contact, _, message, _ = record.find(ALONE)
    record.alter("DELETE FROM delivery WHERE outbox_id = ?", message)
    return [(BreachKind.UNACCEPTED, contact)]


def send_on_a_sunday(record: Record) -> list[Subject]:
    *_, contact, _, message, _ = record.find(SUNDAY_CASE)
    record.alter("UPDATE outbox SET settled_at = '2027-01-31 15:00:00.000000' WHERE id = ?", message)
    return [(BreachKind.OUTSIDE_WINDOW, contact)]


def send_at_three_in_the_night(record: Record) -> list[Subject]:
    """The night after: its own day's window had long closed."""
    *_, contact, _, message, left_at = record.find(NIGHT_CASE)
    night = f"{date.fromisoformat(left_at[:10]).replace(day=int(left_at[8:10]) + 1)} 08:00:00.000000"
    record.alter("UPDATE outbox SET settled_at = ? WHERE id = ?", night, message)
    return [(BreachKind.OUTSIDE_WINDOW, contact)]


# A reminder of a district that never answers: moved in time, its message is wrong in nothing else.
SILENT = ALONE.replace("ORDER BY", "AND r.district_code = '011' {} ORDER BY")
NIGHT_CASE = SILENT.format("AND substr(o.settled_at, 9, 2) < '28'")
SUNDAY_CASE = SILENT.format("AND o.settled_at BETWEEN '2027-01-01' AND '2027-01-30' ")


# A reminder whose reader heard nothing on the working day before.
QUIET_EVE = ALONE.replace(
    "ORDER BY",
    """AND strftime('%w', o.send_on) BETWEEN '2' AND '5' AND NOT EXISTS (
        SELECT 1 FROM outbox p WHERE p.contact_key = o.contact_key AND p.send_on = date(o.send_on, '-1 day'))
    ORDER BY""",
)


def send_before_its_moment(record: Record) -> list[Subject]:
    _, *key, message, _ = record.find(QUIET_EVE)
    record.alter("UPDATE outbox SET settled_at = datetime(settled_at, '-1 day') WHERE id = ?", message)
    return [(BreachKind.EARLY, tuple(key))]


def send_after_the_work_was_in(record: Record) -> list[Subject]:
    """A morning in December, when the window is open and the work has been in for months."""
    _, *key, message, _ = record.find(
        ALONE.replace(
            "ORDER BY",
            "AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.contact_key = o.contact_key "
            "AND p.send_on = '2027-12-08') ORDER BY",
        )
    )
    record.alter("UPDATE outbox SET settled_at = '2027-12-08 15:00:00.000000' WHERE id = ?", message)
    return [(BreachKind.AFTER_DONE, tuple(key))]


def send_for_another_deadline(record: Record) -> list[Subject]:
    """Its own deadline is then forgotten too: the key that should be there is gone."""
    row, *key, _, _ = record.find(SENT)
    record.alter("UPDATE reminder SET deadline_on = '2027-12-24' WHERE id = ?", row)
    return [(BreachKind.FORGOTTEN, tuple(key)), (BreachKind.OLD_DATE, (*key[:4], "2027-12-24"))]


def move_a_district_in_silence(record: Record) -> list[Subject]:
    record.alter(
        "UPDATE district_stage SET status = 'returned' WHERE stage_key = 'drafting' AND district_code = '001'"
    )
    return [(BreachKind.UNRECORDED, ("drafting", "001"))]


def send_while_paused(record: Record) -> list[Subject]:
    *_, contact, _, message, left_at = record.find(SUNDAY_CASE)
    record.alter("UPDATE outbox SET settled_at = datetime(settled_at, '+60 minutes') WHERE id = ?", message)
    record.alter(
        "INSERT INTO pause (cycle_key, paused_at, paused_by, why, resumed_at, resumed_by) "
        "VALUES (?, datetime(?, '+30 minutes'), 'ada', 'storm', datetime(?, '+90 minutes'), 'ada')",
        CYCLE,
        left_at,
        left_at,
    )
    return [(BreachKind.WHILE_PAUSED, contact)]


def forget_who_was_told_the_dates(record: Record) -> list[Subject]:
    record.alter("DELETE FROM reminder WHERE id = (SELECT min(id) FROM reminder WHERE kind = 'published')")
    carried = "SELECT 1 FROM reminder r WHERE r.outbox_id = outbox.id"
    record.alter(
        f"DELETE FROM delivery WHERE outbox_id IN (SELECT id FROM outbox WHERE NOT EXISTS ({carried}))"
    )
    record.alter(f"DELETE FROM outbox WHERE NOT EXISTS ({carried}) AND status = 'sent'")
    return [(BreachKind.FORGOTTEN, ("", ""))]


def name_a_digest_for_another_week(record: Record) -> list[Subject]:
    row, *key = record.find(f"SELECT r.id, {KEY} FROM reminder r WHERE r.kind = 'weekly' ORDER BY r.due_at")
    record.alter("UPDATE reminder SET rung = 'weekly:2026-W01' WHERE id = ?", row)
    return [(BreachKind.MISNAMED, (*key[:2], "weekly:2026-W01", *key[3:]))]


def forget_a_week(record: Record) -> list[Subject]:
    """No admin has that week's digest; the letters it stood in are accounted for without it."""
    rung, rows = record.find(
        "SELECT r.rung, group_concat(r.id) FROM reminder r WHERE r.kind = 'weekly' GROUP BY r.rung "
        "HAVING min((SELECT count(*) FROM reminder x WHERE x.outbox_id = r.outbox_id)) > 1"
    )
    for row in rows.split(","):
        record.alter("DELETE FROM reminder WHERE rung = ? AND id = ?", rung, row)
    return [(BreachKind.FORGOTTEN, ("", ""))]


BREACHES: tuple[Callable[[Record], list[Subject]], ...] = (
    forget_a_reminder,
    forget_a_receipt,
    let_a_reminder_lie,
    give_the_true_reason_too_late,
    miss_a_reminder,
    call_it_queued_without_a_message,
    take_its_message_back,
    leave_a_message_behind,
    plan_what_nobody_owes,
    claim_that_the_work_was_in,
    claim_that_it_was_waived,
    claim_that_the_date_moved,
    drop_a_new_date_as_undone,
    drop_a_new_date_as_no_news,
    tell_of_a_day_that_never_held,
    keep_what_was_undone_for_telling,
    claim_that_it_collapsed,
    claim_that_nobody_holds_the_role,
    claim_that_the_address_refused,
    claim_that_the_contact_left,
    claim_that_the_calendar_dropped_it,
    claim_that_the_turn_had_passed,
    end_it_without_a_reason,
    send_the_same_message_twice,
    send_a_copy_of_a_message,
    send_a_second_digest_that_day,
    call_it_sent_without_an_attempt,
    send_on_a_sunday,
    send_at_three_in_the_night,
    send_before_its_moment,
    send_after_the_work_was_in,
    send_for_another_deadline,
    move_a_district_in_silence,
    send_while_paused,
    forget_who_was_told_the_dates,
    name_a_digest_for_another_week,
    forget_a_week,
)


def test_an_honest_year_holds_and_its_counts_add_up(record: Record) -> None:
    proof = check(record)
    assert proof.breaches == ()
    assert proof.holds
    assert proof.expected == proof.sent + proof.reasoned
    assert (proof.waiting, proof.missed, proof.duplicates, proof.uncertain) == (0, 0, 0, 0)
    assert proof.reasoned == sum(proof.reasons.values())
    assert {"collapsed", "failed", "unreachable"} <= set(proof.reasons)


@pytest.mark.parametrize("plant", BREACHES, ids=lambda plant: plant.__name__)
def test_a_planted_breach_is_named_and_nothing_else(
    record: Record, plant: Callable[[Record], list[Subject]]
) -> None:
    planted = plant(record)
    proof = check(record)
    assert subjects(proof) == planted
    assert not proof.holds


def test_every_kind_of_breach_is_planted(rehearsed_year: Path, tmp_path: Path) -> None:
    named = set()
    for number, plant in enumerate(BREACHES):
        folder = tmp_path / str(number)
        folder.mkdir()
        named |= {kind for kind, _ in plant(Record(rehearsed_year, folder))}
    assert named == set(BreachKind)


def test_the_same_reminder_cannot_be_written_twice(record: Record) -> None:
    """The ledger's natural key is the first guard against telling someone twice."""
    names = (
        "cycle_key, stage_key, district_code, rung, contact_key, deadline_on, kind, role, due_on, due_at, "
    )
    names += "status, planned_at"
    with pytest.raises(Exception, match="UNIQUE constraint failed: reminder"):
        record.alter(f"INSERT INTO reminder ({names}) SELECT {names} FROM reminder WHERE id = 1")


def test_an_open_doubt_is_no_breach_but_the_proof_waits_for_it(record: Record) -> None:
    *_, contact, _, message, _ = record.find(ALONE)
    record.alter("UPDATE outbox SET status = 'uncertain', settled_at = NULL WHERE id = ?", message)
    proof = check(record)
    assert (proof.breaches, proof.uncertain, proof.holds) == ((), 1, False)
    assert [contact in doubt for doubt in proof.doubts] == [True]


def test_a_draft_has_nothing_to_prove(record: Record) -> None:
    with record.app() as app:
        source = (Path(__file__).parents[1] / "cycles" / "sample.yaml").read_text()
        create_cycle(app, source, by="admin")
        with pytest.raises(Refused, match="sample-2027 is a draft"):
            prove(app, "sample-2027")
