"""Each sentence an explanation can say, from a rehearsed year or from a change planted in a copy of it."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.acceptance.record import CYCLE, Record
from yearwheel.notifications.explain import Explanation, StageWords
from yearwheel.services.app import Refused
from yearwheel.services.explain import explain

COORDINATOR = "Susan Hubbard (district technology coordinator)"
OPENING = "Reminder 'when it opens' of 2027-05-17"


@pytest.fixture
def record(rehearsed_year: Path, tmp_path: Path) -> Record:
    return Record(rehearsed_year, tmp_path)


def told(record: Record, code: str, on: str) -> Explanation:
    with record.app() as app:
        return explain(app, CYCLE, code, date.fromisoformat(on))


def stage(record: Record, code: str, on: str, key: str) -> StageWords:
    (found,) = (words for words in told(record, code, on).stages if words.stage_key == key)
    return found


def test_what_was_sent_names_people_subject_hour_and_cause_and_a_refusal_is_the_servers(
    record: Record,
) -> None:
    (failed,) = record.find("SELECT id FROM outbox WHERE status = 'failed' AND contact_key LIKE '013:%'")
    words = stage(record, "013", "2027-04-01", "alignment")
    assert words.sent == (
        f"{OPENING} to Gail Keeton (instructional lead) and {COORDINATOR}: 10:00 Eastern "
        "'Open now: Alignment with CDIP and CSIPs - Augusta Independent', because the stage opened.",
    )
    assert words.not_sent == (
        f"{OPENING} to Miriam McIntosh (principal): 'Open now: Alignment with CDIP and CSIPs - Augusta "
        "Independent' was refused by the mail server: 550 5.1.1 no such user here; once that is put right: "
        f"yearwheel outbox retry {failed} --cycle kentucky-2027",
    )


def test_an_address_that_refused_before_is_not_tried_again(record: Record) -> None:
    assert stage(record, "013", "2027-10-15", "inventory_validation").not_sent == (
        "Reminder 'when it opens' of 2027-12-15 to Miriam McIntosh (principal): "
        "their address refused mail before: 550 5.1.1 no such user here.",
    )


def test_a_rung_that_rolled_off_a_closed_day_says_so(record: Record) -> None:
    assert stage(record, "011", "2027-04-19", "drafting").sent[0] == (
        "Escalation '3 days after' of 2027-04-15 to Charlotte Wagers (superintendent): 10:00 Eastern "
        "'Late: Drafting - Anderson County', because that is 4 days after the deadline; "
        "2027-04-18 is a Sunday, so it goes on 2027-04-19."
    )


def test_work_that_is_in_names_who_handed_it_in_and_when(record: Record) -> None:
    assert stage(record, "005", "2027-06-30", "oet_review").not_sent == (
        "Reminder '7 days before' of 2027-07-07 to Walter Byrd (district technology coordinator): "
        "the work was handed in on 2027-06-18 by Walter Byrd.",
    )


def test_a_collapsed_rung_names_the_one_that_took_its_place(record: Record) -> None:
    (words,) = stage(record, "012", "2027-06-04", "local_approval").not_sent
    assert words.endswith(
        "a later one was due in the same round and says it all: "
        "Reminder '1 workday before' of 2027-06-07, which went on 2027-06-04."
    )


def test_a_moved_deadline_names_both_days_and_who_moved_it(record: Record) -> None:
    assert (
        stage(record, "012", "2027-12-15", "inventory_validation")
        .not_sent[0]
        .endswith(
            "the deadline moved from 2027-12-15 to 2027-12-29 on 2027-12-10 by state admin "
            "(asked for by the district)."
        )
    )


def test_a_letter_of_another_day_is_named(record: Record) -> None:
    assert stage(record, "005", "2027-06-18", "oet_review").not_sent == (
        "Receipt notice to Walter Byrd (district technology coordinator): "
        "it was put into the letter of 2027-06-21.",
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("role_empty", "nobody holds that role."),
        ("contact_left", "somebody else was told in their place then; now it is they again."),
        ("rung_removed", "the calendar no longer asks for it."),
        ("too_late", "the stage had closed before it could go."),
    ],
)
def test_the_other_reasons_have_words_too(record: Record, reason: str, words: str) -> None:
    place = "stage_key = 'alignment' AND rung = 'when-it-opens' AND contact_key LIKE '013:m.mcintosh%'"
    record.alter(
        f"UPDATE reminder SET status = 'cancelled', reason = ?, outbox_id = NULL WHERE {place}", reason
    )
    assert stage(record, "013", "2027-04-01", "alignment").not_sent == (
        f"{OPENING} to Miriam McIntosh (principal): {words}",
    )


def test_silence_in_an_open_stage_says_between_which_rungs_the_day_lies(record: Record) -> None:
    assert stage(record, "013", "2027-04-01", "drafting").quiet == (
        "It was open, due 2027-04-15. No reminder falls on this day: the one before was "
        "'21 days before' on 2027-03-25, the next is '7 days before' on 2027-04-08."
    )


def test_silence_names_what_must_come_first(record: Record) -> None:
    quiet = stage(record, "011", "2027-04-17", "alignment").quiet
    assert quiet.startswith("It waited for Drafting, due 2027-05-17. ")


def test_silence_after_the_work_and_before_the_window(record: Record) -> None:
    done = "It was handed in on 2027-02-08 by Susan Hubbard; nobody owed anything."
    assert stage(record, "013", "2027-04-01", "erate_470").quiet == done
    assert stage(record, "013", "2027-04-01", "local_approval").quiet == "It is not open until 2027-05-16."


def test_a_stage_that_closed_without_the_work_says_so(record: Record) -> None:
    quiet = stage(record, "011", "2027-04-19", "budget_preparation").quiet
    assert quiet.startswith("It closed on 2027-02-05 and was not handed in by then. ")


def test_a_closed_day_and_the_time_before_publication_are_named(record: Record) -> None:
    assert (
        told(record, "011", "2027-04-17").day == "2027-04-17 is a Saturday; no mail leaves on a closed day."
    )
    before = told(record, "011", "2026-11-01")
    assert before.day == "The calendar was published on 2026-11-30; nothing was promised before."
    assert before.stages == ()


def test_it_reads_as_lines_and_as_json(record: Record) -> None:
    found = told(record, "013", "2027-10-15")
    assert found.lines()[:3] == ["Augusta Independent (013) on Friday 2027-10-15", "", "Progress check"]
    assert json.loads(json.dumps(found.as_dict()))["on"] == "2027-10-15"


def test_an_unknown_district_is_refused(record: Record) -> None:
    with pytest.raises(Refused, match="there is no district '999'"):
        told(record, "999", "2027-04-01")
