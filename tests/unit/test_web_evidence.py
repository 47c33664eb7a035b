"""Handed-in work as people read it: every kind of stage's, with its rows by name, and nothing left out."""

import pytest

from yearwheel.calendar.cycle import StageKind
from yearwheel.stages.evidence import describe
from yearwheel.web.evidence import Entry, read_entries


def texts(entries: tuple[Entry, ...]) -> list[str]:
    return [said for one in entries for said in (one.label, one.text, *texts(one.entries)) if said]


def test_rows_go_by_their_names_and_amounts_and_days_are_said_as_people_say_them() -> None:
    work = {
        "lines": [{"item": "Laptops", "source": "kets_offer", "amount": "41250.00"}, {"plan_year": 2027}],
        "board_meeting_on": "2027-01-25",
        "schools": ["Ash High", "Ash Middle"],
        "certified": True,
        "minutes": "",
        "nothing": None,
        "empty": [],
    }
    assert read_entries(work) == (
        Entry(
            "Lines",
            entries=(
                Entry("1. Laptops", entries=(Entry("Source", "kets offer"), Entry("Amount", "41,250.00"))),
                Entry("2.", entries=(Entry("Plan year", "2027"),)),
            ),
        ),
        Entry("Board meeting on", "January 25, 2027"),
        Entry("Schools", "Ash High, Ash Middle"),
        Entry("Certified", "yes"),
    )


def test_what_only_looks_like_a_day_stays_as_it_was_written() -> None:
    assert read_entries({"reference": "2027-13-45", "note": "a_b is_c"}) == (
        Entry("Reference", "2027-13-45"),
        Entry("Note", "a_b is_c"),
    )


@pytest.mark.parametrize("kind", StageKind)
def test_every_kind_of_work_can_be_read_to_its_last_word(kind: StageKind) -> None:
    work = describe(kind)
    said = " ".join(texts(read_entries(work)))

    def leaves(value: object) -> list[object]:
        if isinstance(value, dict | list):
            below = value.values() if isinstance(value, dict) else value
            return [leaf for one in below for leaf in leaves(one)]
        return [value]

    sentences = [leaf for leaf in leaves(work) if isinstance(leaf, str) and " " in leaf]
    assert [words for words in sentences if words not in said] == []
