"""Handing in: in time, complete, by whose turn it is; kept for good and acknowledged."""

from email import message_from_bytes, policy
from threading import Barrier, Thread

import pytest

from tests.apps import KEY, begun, hand_in, ledger, logged, round_at, set_clock, standing_of
from yearwheel.services.app import Refused
from yearwheel.services.decide import Decision, decide
from yearwheel.services.outbox_desk import list_outbox, open_message
from yearwheel.services.queue_mail import queue_mail
from yearwheel.services.submit import GateRefused, HandIn, start, submit
from yearwheel.stages.status import Status
from yearwheel.store import standings

DONE = {"done_on": "2027-01-25", "reference": "minute 7"}


@pytest.fixture
def app(sqlite_database):
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    return app


def versions(app, stage_key, code):
    with app.database.reading() as connection:
        return standings.find_submissions(connection, KEY, stage_key, code)


def test_what_is_handed_in_is_kept_as_it_was_with_its_seal(app):
    (submission,) = submit(app, KEY, [HandIn("budget", "001", DONE, "Ann")])

    assert versions(app, "budget", "001") == [submission]
    assert (submission.version, submission.evidence, submission.submitted_by) == (1, DONE, "Ann")
    assert submission.submitted_at == app.clock.now()
    assert len(submission.sha256) == 64


def test_the_seal_depends_on_what_was_handed_in_and_not_on_its_order(app):
    turned = dict(reversed(DONE.items()))
    one, two, three = submit(
        app,
        KEY,
        [
            HandIn("budget", "001", DONE, "Ann"),
            HandIn("budget", "002", turned, "Bob"),
            HandIn("budget", "003", {**DONE, "reference": "minute 8"}, "Cal"),
        ],
    )

    assert one.sha256 == two.sha256 != three.sha256


def test_the_reminders_end_and_a_receipt_goes_in_the_same_act(app):
    hand_in(app, "budget", "001")

    assert {row[2:] for row in ledger(app, stage_key="budget", district_code="001", kind="reminder")} == {
        ("cancelled", "work_in")
    }
    assert ledger(app, kind="receipt", district_code="001") == [
        ("receipt:1", "ann", "planned", None),
        ("receipt:1", "finn", "planned", None),
    ]
    assert [(e.kind, e.actor, e.detail["version"]) for e in logged(app, "submitted")][-1] == (
        "submitted", "Ann", 1,
    )  # fmt: skip


def test_the_receipt_says_what_came_from_whom_and_when_in_its_readers_time(app):
    set_clock(app, "2027-02-01 10:42")
    (kept,) = submit(app, KEY, [HandIn("budget", "002", DONE, "Bob")])
    queue_mail(app, KEY)

    (letter,) = (m for m in list_outbox(app, KEY) if m.subject == "Received: Budget - Birch County")
    assert letter.recipient == "bob@mail.example"
    text = message_from_bytes(open_message(app, letter.id).raw, policy=policy.default)
    words = text.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert (
        "What we received:\n"
        "  | Number: small-2027/budget/002/1\n"
        "  | Handed in by: Bob\n"
        "  | When: Monday, February 1, 2027, 10:42 AM Eastern (9:42 AM Central)\n"
        f"  | Fingerprint (SHA-256): {kept.sha256}\n"
    ) in words


def test_gaps_are_all_named_and_nothing_is_kept(app):
    before = ledger(app)
    with pytest.raises(GateRefused) as refusal:
        submit(app, KEY, [HandIn("budget", "001", {}, "Ann")])

    assert [finding.where for finding in refusal.value.findings] == ["done_on", "reference"]
    assert "001 Budget is not complete:\n  error: done_on: " in str(refusal.value)
    assert (versions(app, "budget", "001"), ledger(app)) == ([], before)
    assert standing_of(app, "budget", "001").status is Status.OPEN


def test_what_cannot_be_read_is_refused_by_name(app):
    with pytest.raises(GateRefused, match=r"done_no.*did you mean 'done_on'"):
        submit(app, KEY, [HandIn("budget", "001", {"done_no": "2027-02-10"}, "Ann")])


def test_one_gap_among_many_hand_ins_keeps_all_of_them_out(app):
    with pytest.raises(GateRefused):
        submit(app, KEY, [HandIn("budget", "001", DONE, "Ann"), HandIn("budget", "002", {}, "Bob")])

    assert versions(app, "budget", "001") == []


def test_nothing_is_taken_before_the_window_opens(sqlite_database):
    app = begun(sqlite_database)
    set_clock(app, "2027-01-31 23:59")
    with pytest.raises(Refused, match="Budget opens on 2027-02-01; nothing can be handed in before"):
        hand_in(app, "budget", "001")

    set_clock(app, "2027-02-01 00:00")
    hand_in(app, "budget", "001")


@pytest.mark.parametrize(
    ("moment", "accepted"),
    [
        ("2027-03-01 23:59", True),  # due
        ("2027-03-08 23:59", True),  # grace
        ("2027-03-15 23:59", True),  # the last minute before it closes
        ("2027-03-16 00:00", False),
    ],
)
def test_late_work_is_taken_until_the_stage_closes(app, moment, accepted):
    set_clock(app, moment)
    if accepted:
        hand_in(app, "budget", "001")
    else:
        with pytest.raises(Refused, match="Budget closed on 2027-03-15 for 001; extend it"):
            hand_in(app, "budget", "001")

    assert len(versions(app, "budget", "001")) == accepted


def test_after_the_close_it_is_taken_with_a_reason_which_is_kept(app):
    set_clock(app, "2027-03-16 10:00")
    hand_in(app, "budget", "001", force_why="the flood")

    (event,) = [e for e in logged(app, "submitted") if e.stage_key == "budget"]
    assert event.why == "the flood"


def test_handing_in_twice_is_refused_until_the_work_comes_back(app):
    hand_in(app, "budget", "001")
    with pytest.raises(Refused, match="001 Budget is submitted already, as version 1; it can be"):
        hand_in(app, "budget", "001")

    assert [v.version for v in versions(app, "budget", "001")] == [1]
    assert [row[0] for row in ledger(app, kind="receipt", contact_key="ann")] == ["receipt:1"]


def test_returned_work_becomes_the_next_version_and_the_first_is_kept(app):
    hand_in(app, "budget", "001")
    decide(app, KEY, [Decision("budget", "001", "Ray", changes="Add the match.")])
    hand_in(app, "budget", "001")

    assert [v.version for v in versions(app, "budget", "001")] == [1, 2]
    assert standing_of(app, "budget", "001").version == 2


def test_a_district_hands_in_to_a_review_only_what_was_returned(app):
    set_clock(app, "2027-04-01")
    with pytest.raises(Refused, match="a district hands in here only what a reviewer returned"):
        hand_in(app, "review", "001")


def test_what_a_review_sent_back_is_the_plan_again_and_asked_what_a_plan_is_asked(app):
    set_clock(app, "2027-04-05")
    hand_in(app, "plan", "001", by="Ann")
    round_at(app, "2027-04-06")
    decide(app, KEY, [Decision("review", "001", "Ray", changes="Name the minute.")])

    with pytest.raises(GateRefused, match="error: reference: Give what shows that it was done"):
        submit(app, KEY, [HandIn("review", "001", {"done_on": "2027-04-06"}, "Ann")])
    (kept,) = submit(app, KEY, [HandIn("review", "001", DONE, "Ann")])

    assert kept.evidence == DONE


def test_a_district_that_owes_nothing_in_a_stage_is_refused(app):
    with pytest.raises(Refused, match="district '001' owes nothing in setup"):
        hand_in(app, "setup", "001")


def test_beginning_is_noted_and_keeps_the_reminders(app):
    before = ledger(app, stage_key="budget", district_code="001")
    start(app, KEY, "budget", "001", by="Ann")

    assert standing_of(app, "budget", "001").status is Status.IN_PROGRESS
    assert ledger(app, stage_key="budget", district_code="001") == before
    assert [e.actor for e in logged(app, "started")] == ["Ann"]


def test_a_milestone_may_say_why_it_does_not_apply(app):
    submit(app, KEY, [HandIn("budget", "001", {"does_not_apply": "We do not file."}, "Ann")])

    assert standing_of(app, "budget", "001").status is Status.SUBMITTED


def test_of_two_hand_ins_at_once_one_is_kept_and_the_other_is_told(database):
    app = begun(database)
    round_at(app, "2027-02-01")
    start, kept, refused = Barrier(2), [], []

    def press_twice():
        start.wait()
        try:
            kept.extend(submit(app, KEY, [HandIn("budget", "001", DONE, "Ann")]))
        except Refused as refusal:
            refused.append(refusal)

    threads = [Thread(target=press_twice) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(kept), len(refused)) == (1, 1)
    assert versions(app, "budget", "001") == kept
