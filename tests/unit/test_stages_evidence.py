import json
from datetime import date

import pytest

from tests.unit.gates import changed, facts, in_row, said
from yearwheel.calendar.cycle import StageKind
from yearwheel.stages.evidence import GATES, EvidenceError, describe, missing, read_evidence, takes
from yearwheel.stages.findings import LABELS, Severity, confirm, error, in_the_way, warning


def problems(kind, data):
    with pytest.raises(EvidenceError) as refused:
        read_evidence(kind, data)
    return [(f.where, f.message) for f in refused.value.findings]


def test_every_kind_has_a_gate_and_every_severity_a_label():
    assert set(GATES) == set(StageKind)
    assert set(LABELS) == set(Severity)


@pytest.mark.parametrize("kind", StageKind)
def test_the_example_of_a_kind_passes_its_gate(kind):
    assert said(kind) == []


@pytest.mark.parametrize("kind", StageKind)
def test_an_empty_form_can_be_read_and_lacks_something(kind):
    assert "error" in {severity for severity, _, _ in said(kind, {})}


AHEAD = {  # what has to have happened, one day after the day it is handed in
    "The board's meeting": ("board_meeting_on", changed(StageKind.BUDGET, board_meeting_on="2027-06-02")),
    "'Winter survey'": ("hearings.1.held_on", in_row(StageKind.INPUT, "hearings", 1, held_on="2027-06-02")),
    "The improvement plan": ("plan_version_on", changed(StageKind.ALIGNMENT, plan_version_on="2027-06-02")),
    "Riverside Elementary: its improvement plan": (
        "schools.0.plan_version_on",
        in_row(StageKind.ALIGNMENT, "schools", plan_version_on="2027-06-02"),
    ),
    "Riverside Elementary: the acknowledgement": (
        "schools.0.acknowledged_on",
        in_row(StageKind.ALIGNMENT, "schools", acknowledged_on="2027-06-02"),
    ),
    "The decision": ("decided_on", changed(StageKind.REVIEW, decided_on="2027-06-02")),
    "The count": ("counted_as_of", changed(StageKind.INVENTORY, counted_as_of="2027-06-02")),
    "It": ("done_on", changed(StageKind.MILESTONE, done_on="2027-06-02")),
}


@pytest.mark.parametrize("what", AHEAD)
def test_what_has_to_have_happened_is_not_taken_on_a_promise(what):
    where, form = AHEAD[what]
    kind = next(k for k in StageKind if set(form) == set(describe(k)))
    said_today, said_the_day_after = (
        [words for words in said(kind, form, today=day) if words[1] == where]
        for day in (date(2027, 6, 1), date(2027, 6, 2))
    )

    ahead = f"{what} is dated 2027-06-02, which is yet to come; hand it in once it has been"
    assert said_today == [("error", where, ahead)]
    assert ("error", where, ahead) not in said_the_day_after


@pytest.mark.parametrize("kind", [kind for kind in StageKind if kind is not StageKind.REVIEW])
def test_a_letter_can_say_what_work_of_a_kind_consists_of(kind):
    assert takes(kind)
    assert all(part[0].islower() and not part.endswith(".") for part in takes(kind))


def test_nothing_is_asked_of_a_district_for_the_review_of_its_plan():
    assert takes(StageKind.REVIEW) == ()


@pytest.mark.parametrize("kind", StageKind)
def test_evidence_reads_the_same_from_bytes_and_from_an_object_and_after_a_round_trip(kind):
    evidence = read_evidence(kind, describe(kind))

    assert read_evidence(kind, json.dumps(describe(kind)).encode()) == evidence
    assert read_evidence(kind, evidence.model_dump_json().encode()) == evidence


def test_filling_in_an_example_leaves_the_next_one_alone():
    describe(StageKind.BUDGET)["lines"].clear()

    assert len(describe(StageKind.BUDGET)["lines"]) == 2


def test_everything_unreadable_is_told_at_once_in_plain_words():
    line = {"item": "Laptops", "kets_cod": "31002100", "source": "", "plan_year": "2027", "amount": 12.345}

    assert problems(
        StageKind.BUDGET, {"lines": [line], "board_meeting_on": "31/1/2027", "offer": "lots"}
    ) == [
        ("lines.0.kets_code", "'kets_code' is missing"),
        ("lines.0.source", "'source' is empty"),
        ("lines.0.plan_year", "'2027' is not a whole number"),
        ("lines.0.amount", "12.345 has more than two places after the point"),
        ("lines.0.kets_cod", "'kets_cod' is not a field here; did you mean 'kets_code'?"),
        ("offer", "'lots' is not an amount; write it like 1250.00"),
        ("board_meeting_on", "'31/1/2027' is not a date; write it like 2027-01-31"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'{"total": 1',
        b"[" * 5000,
        b'{"total": NaN}',
        b'{"total": -1}',
        b'{"total": 1e400}',
        b'{"board_minutes": "a\\u0000b"}',
        {"board_minutes": "\ud800"},
        {"board_meeting_on": "9999-12-31"},
        {"board_meeting_on": "0207-01-31"},
    ],
)
def test_data_no_one_could_mean_is_refused_with_a_finding(data):
    assert len(problems(StageKind.BUDGET, data)) == 1


def test_findings_come_with_errors_first():
    line = {**describe(StageKind.BUDGET)["lines"][0], "kets_code": "99999999", "plan_year": 2031}
    evidence = read_evidence(StageKind.BUDGET, {"lines": [line]})

    severities = [f.severity for f in missing(StageKind.BUDGET, evidence, facts(StageKind.BUDGET))]

    assert severities == sorted(severities, key=list(Severity).index)
    assert set(severities) == set(Severity)


def test_errors_and_unconfirmed_findings_are_in_the_way_and_warnings_are_not():
    wrong, odd, known = error("a", "wrong"), confirm("b", "odd"), warning("c", "good to know")

    assert in_the_way([wrong, odd, known]) == [wrong, odd]
    assert in_the_way([wrong, odd, known], {wrong.key, odd.key}) == [wrong]


def test_a_confirmation_does_not_hold_for_other_figures():
    confirmed = {confirm("match", "The match is $5.00").key}

    assert in_the_way([confirm("match", "The match is $4.00")], confirmed) == [
        confirm("match", "The match is $4.00")
    ]
