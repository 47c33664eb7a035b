from datetime import date
from decimal import Decimal

import pytest

from tests.unit.gates import changed, in_row, said
from yearwheel.calendar.cycle import StageKind
from yearwheel.stages.evidence import carry_forward, describe, read_evidence
from yearwheel.stages.inventory import ReplacementNeed

INVENTORY = StageKind.INVENTORY
SCHOOL = "Riverside Elementary"


def count(school, expected, accounted):
    return {
        **describe(INVENTORY)["schools"][0],
        "school": school,
        "expected": expected,
        "accounted": accounted,
    }


def lost(number, school=SCHOOL):
    return [
        {
            "tag": f"T{n}-{school}",
            "serial": f"S{n}-{school}",
            "category": "laptop",
            "school": school,
            "state": "missing",
            "reason": "Lost",
        }
        for n in range(number)
    ]


def test_every_school_counts_and_signs():
    form = in_row(INVENTORY, "schools", signed_by="")

    assert said(INVENTORY, form, schools=(SCHOOL, "Hilltop Middle")) == [
        ("error", "schools", "No count from Hilltop Middle"),
        ("error", "schools.0.signed_by", "Riverside Elementary has not signed; say who signed and when"),
    ]


@pytest.mark.parametrize(
    ("missing", "threshold", "passes"), [(5, "0.95", True), (6, "0.95", False), (5, "0.98", False)]
)
def test_enough_devices_are_accounted_for(missing, threshold, passes):
    form = changed(INVENTORY, schools=[count(SCHOOL, 100, 100 - missing)], assets=lost(missing))

    found = said(INVENTORY, form, accounted_threshold=Decimal(threshold))

    share = f"{100 - missing} of 100 devices are accounted for ({100 - missing}.0%)"
    assert found == (
        [] if passes else [("error", "schools", f"{share}; {Decimal(threshold):.0%} are needed")]
    )


def test_a_surplus_at_one_school_does_not_hide_a_loss_at_another():
    schools = [count(SCHOOL, 100, 90), count("Hilltop Middle", 10, 20)]

    assert said(INVENTORY, changed(INVENTORY, schools=schools, assets=lost(10))) == [
        ("error", "schools", "100 of 110 devices are accounted for (90.9%); 95% are needed"),
        (
            "confirm",
            "schools.1.accounted",
            "Hilltop Middle found 20 devices but expected 10; confirm both",
        ),
    ]


def test_every_missing_device_is_listed_with_its_reason():
    form = changed(INVENTORY, schools=[count(SCHOOL, 100, 97)], assets=lost(2))
    form["assets"][1]["reason"] = ""

    assert said(INVENTORY, form) == [
        (
            "error",
            "schools.0.accounted",
            "Riverside Elementary is short of 3 devices but lists 2 as missing; "
            "list each one with its reason",
        ),
        (
            "error",
            "assets.1.reason",
            "laptop T1-Riverside Elementary is missing; give the reason, such as theft or loss",
        ),
    ]


def test_a_tag_or_serial_on_two_devices_is_named_whatever_the_spelling():
    form = in_row(INVENTORY, "assets", 1, tag="r-0217", serial="5cd 0217xy")

    assert said(INVENTORY, form) == [
        ("error", "assets.1.tag", "The tag R-0217 is on 2 devices, at Riverside Elementary"),
        ("error", "assets.1.serial", "The serial 5CD0217XY is on 2 devices, at Riverside Elementary"),
    ]


def test_devices_without_a_serial_are_not_duplicates_of_each_other():
    form = describe(INVENTORY)
    form["assets"] += [{"tag": tag, "category": "printer", "school": SCHOOL} for tag in ("P1", "P2")]

    assert said(INVENTORY, form) == [
        ("warning", "assets.2.serial", "printer P1 has no serial number"),
        ("warning", "assets.3.serial", "printer P2 has no serial number"),
    ]


def test_federal_and_e_rate_money_ask_for_their_own_fields():
    form = in_row(INVENTORY, "assets", 1, serial="", federal={"award": "S010A", "percent": 0}, erate={})

    assert [where for _, where, _ in said(INVENTORY, form)] == [
        "assets.1.serial",
        "assets.1.acquired_on",
        "assets.1.cost",
        "assets.1.federal.title_holder",
        "assets.1.federal.condition",
        "assets.1.erate.funding_request",
        "assets.1.erate.funding_year",
        "assets.1.erate.installed_on",
    ]


def test_a_disposal_names_its_approval():
    assert said(INVENTORY, in_row(INVENTORY, "assets", 1, state="disposed")) == [
        ("error", "assets.1.disposal_approval", "access point R-0300 was disposed of; name the approval")
    ]


def test_two_people_certify():
    assert said(INVENTORY, changed(INVENTORY, superintendent="", finance_officer="")) == [
        ("error", "superintendent", "The superintendent has not certified the count"),
        ("error", "finance_officer", "The finance officer has not certified the count"),
    ]
    assert [
        s for s, _, _ in said(INVENTORY, changed(INVENTORY, superintendent="Kim", finance_officer="kim"))
    ] == ["confirm"]


def test_the_replacement_need_of_all_schools_goes_to_the_next_budget():
    form = changed(INVENTORY, schools=[count(SCHOOL, 10, 10), count("Hilltop Middle", 10, 10)])

    assert carry_forward(INVENTORY, read_evidence(INVENTORY, form)) == ReplacementNeed(
        120, Decimal("39000.00")
    )


def test_a_school_listed_twice_is_an_error():
    form = changed(INVENTORY, schools=[count(SCHOOL, 9, 9), count("riverside elementary", 9, 9)], assets=[])

    assert said(INVENTORY, form) == [
        ("error", "schools", "Riverside Elementary is listed 2 times; join the counts")
    ]


def test_replacing_devices_has_a_cost():
    assert said(INVENTORY, in_row(INVENTORY, "schools", replacement_cost=0)) == [
        ("error", "schools.0.replacement_cost", "Riverside Elementary is to replace 60 devices at no cost")
    ]


def test_the_count_stands_for_a_day_no_later_than_the_due_day():
    assert said(INVENTORY, changed(INVENTORY, counted_as_of="2027-12-15")) == []
    late = changed(INVENTORY, counted_as_of="2027-12-16")
    assert said(INVENTORY, late, today=date(2027, 12, 16)) == [
        ("error", "counted_as_of", "The count stands for 2027-12-16, after 2027-12-15")
    ]


def test_a_device_has_a_tag_and_a_school_that_counted():
    assert said(INVENTORY, in_row(INVENTORY, "assets", 1, tag="", school="Hilltop Middle")) == [
        ("error", "assets.1.school", "access point CN88AP300 is put at Hilltop Middle, which has no count"),
        ("error", "assets.1.tag", "access point CN88AP300 has no asset tag"),
    ]


def test_a_district_without_any_device_must_confirm_it():
    form = changed(INVENTORY, schools=[count(SCHOOL, 0, 0)], assets=[])

    assert said(INVENTORY, form) == [
        ("confirm", "schools", "No school expected a single device; confirm that there are none")
    ]
