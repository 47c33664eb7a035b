"""Every kind of message can be looked at before any is sent, and looking makes and sends nothing."""

import re
from datetime import date
from pathlib import Path

import pytest

from tests.apps import ANN, CYCLE, PEOPLE
from tests.terminal import Terminal
from yearwheel.config.cycle_file import read_shipped
from yearwheel.notifications.catalog import CATALOG
from yearwheel.roster.people import Role, Roster
from yearwheel.roster.shipped import shipped_roster
from yearwheel.services.app import Refused
from yearwheel.services.preview import preview, shipped_year

OF_THE_OFFICE = ("alert", "assigned", "requests", "review", "weekly")
BASE = "https://planning.example"


@pytest.fixture(scope="module")
def kentucky():
    cycle, _ = shipped_year(read_shipped("kentucky-2027"), "kentucky-2027.yaml")
    return cycle, shipped_roster(only=["035"])


def test_the_shipped_year_has_every_kind(kentucky) -> None:
    district, previews = preview(*kentucky, "all", "035", BASE)
    assert district.name == "Boone County"
    assert [shown.entry.kind for shown in previews] == list(CATALOG)


@pytest.mark.parametrize("kind", sorted(CATALOG))
def test_each_is_readable_without_pictures_and_offers_districts_help(kentucky, kind: str) -> None:
    _, (shown,) = preview(*kentucky, kind, "035", BASE)
    html = shown.rendered.html
    assert "<img" not in html
    assert '<html lang="en"' in html
    assert html.count("<h1") == 1
    assert (kentucky[0].help_address in shown.rendered.text) is (kind not in OF_THE_OFFICE)
    assert bool(shown.letter.dates) is shown.entry.announces


def test_without_a_district_it_is_the_first_one() -> None:
    district, (shown,) = preview(CYCLE, PEOPLE, "opened", "", BASE)
    assert (district.code, shown.letter.to_name) == ("001", ANN.name)


def test_a_kind_that_a_small_year_has_not_is_left_out_of_all_and_refused_alone() -> None:
    people = {k: c for k, c in PEOPLE.contacts.items() if Role.REVIEWER not in c.roles}
    roster = Roster(PEOPLE.districts, people)
    _, previews = preview(CYCLE, roster, "all", "001", BASE)
    assert "assigned" not in {shown.entry.kind for shown in previews}
    with pytest.raises(Refused, match="small-2027 has no message of the kind assigned for Ash County"):
        preview(CYCLE, roster, "assigned", "001", BASE)


def test_a_kind_or_district_there_is_not_is_answered_with_the_nearest() -> None:
    with pytest.raises(Refused, match=r"'remindr' is no kind of message \(did you mean 'reminder'\?\)"):
        preview(CYCLE, PEOPLE, "remindr", "001", BASE)
    with pytest.raises(Refused, match=r"there is no district '01' \(did you mean '001'\?\)"):
        preview(CYCLE, PEOPLE, "all", "01", BASE)


def test_the_receipt_shows_what_a_real_one_does(kentucky) -> None:
    _, (shown,) = preview(*kentucky, "receipt", "035", BASE)
    assert re.search(
        r"Number: kentucky-2027/[a-z_0-9]+/035/1\n"
        r"  \| Handed in by: \S.*\n"
        r"  \| When: [A-Z][a-z]+day, [A-Z][a-z]+ \d+, 202\d, 8:42 AM Eastern\n"
        r"  \| Fingerprint \(SHA-256\): [0-9a-f]{64}\n",
        shown.rendered.text,
    )


@pytest.mark.parametrize(
    ("kind", "due_on", "days_left"),
    [
        ("assigned", date(2027, 7, 1), 30),
        ("review", date(2027, 7, 1), 10),
        ("returned", date(2027, 7, 23), 22),
        ("revision", date(2027, 7, 23), 7),
    ],
)
def test_of_a_review_the_days_are_each_sides_own_and_not_the_stages(
    kentucky, kind, due_on, days_left
) -> None:
    _, (shown,) = preview(*kentucky, kind, "035", BASE)
    assert [(item.due_on, item.days_left) for item in shown.letter.items] == [(due_on, days_left)]


def test_the_terminal_shows_one_letter_and_makes_no_installation(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    said = terminal.does("notifications", "preview", "returned", "--district", "035")
    assert "Subject: Changes needed: OET review - Boone County" in said
    assert not (tmp_path / "data").exists()


def test_pages_go_into_a_folder_with_an_index(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    folder = tmp_path / "letters"
    terminal.does("notifications", "preview", "--district", "035", "--html", folder)

    index = (folder / "index.html").read_text("utf-8")
    assert {path.stem for path in folder.glob("*.html")} == {*CATALOG, "index"}
    assert [kind for kind in CATALOG if f'href="{kind}.html"' in index] == list(CATALOG)
    assert {path.stem for path in folder.glob("*.ics")} == {
        kind for kind, entry in CATALOG.items() if entry.announces or entry.withdraws
    }


def test_the_catalog_is_one_table(tmp_path: Path) -> None:
    said = Terminal(tmp_path).does("notifications", "catalog")
    assert [kind for kind in CATALOG if any(line.startswith(kind) for line in said.splitlines())] == list(
        CATALOG
    )


def test_the_catalog_can_be_read_by_programs(tmp_path: Path) -> None:
    found = Terminal(tmp_path).reads("notifications", "catalog")
    assert [entry["kind"] for entry in found] == list(CATALOG)
    assert found[-3] == {
        "kind": "weekly",
        "who": "the state's admins",
        "when": "the first round of a week, when there is something to say",
        "need": "courtesy",
        "example": "This week: Kentucky education technology planning 2027",
        "announces": False,
        "withdraws": False,
    }
