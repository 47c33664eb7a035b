import re
from collections import Counter
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.factories import make_cycle, make_full_cycle, make_stage, make_story
from yearwheel.calendar.cycle import OwedBy
from yearwheel.rehearsal.report import render_report, write_report
from yearwheel.rehearsal.story import CellStanding, DistrictLine, SampleMail, StageCount
from yearwheel.stages.status import Status

HOSTILE = "<script>alert('x')</script>\"&"
VOID = {"meta", "input"}


class Page(HTMLParser):
    """What a browser would make of the page: elements, ids, links and the text of each table's rows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"th", "td"}:
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"th", "td"} & set(self.open):
            self.tables[-1][-1][-1] += data

    def table(self, first_heading: str) -> list[list[str]]:
        return next(table for table in self.tables if table[0][0] == first_heading)

    def all(self, attribute: str) -> list[str]:
        return [value for name, value in self.attributes if name == attribute]


def figures(html: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", html))


@pytest.fixture(scope="module")
def story():
    return make_story(make_full_cycle(), 171)


@pytest.fixture(scope="module")
def html(story):
    return render_report(story)


def test_the_headline_is_the_proof(story, html) -> None:
    shown = figures(html)

    sent = f"{sum(story.mails_per_day.values()):,}"
    assert list(shown.items())[:6] == [
        ("districts", "171"),
        ("stages", "15"),
        ("messages sent", sent),
        ("missed", "0"),
        ("sent twice", "0"),
        ("the proof", "✓ holds"),
    ]


def test_the_grid_has_a_cell_for_every_district_and_stage_with_its_outcome(story, html) -> None:
    letters = {"o": "on_time", "l": "late", "r": "returned", "n": "never", "w": "waiting", "e": "waived"}

    shown = Counter(letters[css] for css in re.findall(r'<td class="([olrnwe])"', html))

    assert shown == Counter(c.outcome(story.as_of) for line in story.districts for c in line.cells.values())
    assert sum(shown.values()) == 171 * 15


def test_the_stage_table_repeats_the_storys_counts(story, html) -> None:
    table = Page(html).table("No.")

    shown = [
        [row[1], *(int(cell.replace(",", "")) for cell in (*row[4:9], *row[10:12]))] for row in table[1:]
    ]
    assert shown == [
        [
            stage.title,
            c.on_time,
            c.late,
            c.never,
            c.excused,
            c.returned,
            c.reminders_sent,
            c.escalations_sent,
        ]
        for stage, c in zip(story.cycle.stages, story.stage_counts, strict=True)
    ]


def test_the_table_by_month_holds_every_mail(story, html) -> None:
    by_month = Page(html).table("Month")[1:]

    assert sum(int(mails.replace(",", "")) for _, mails, _ in by_month) == sum(story.mails_per_day.values())
    assert sum(int(days) for *_, days in by_month) == len(story.mails_per_day)


def test_a_full_year_is_a_small_page_that_needs_nothing_else(html) -> None:
    page = Page(html)

    assert len(html.encode()) < 600_000
    assert page.open == []
    assert page.tags["script"] == page.tags["link"] == page.tags["img"] == 0
    assert page.all("src") == []
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page.all("content")[0]
    assert set(re.findall(r"https?://[^\"' ]+", html)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in html


def test_ids_are_unique_and_every_inner_link_and_label_has_its_target(html) -> None:
    page = Page(html)

    ids = page.all("id")
    assert len(ids) == len(set(ids))
    targets = {h[1:] for h in page.all("href") if h.startswith("#")} | set(page.all("for"))
    targets |= {name for names in page.all("aria-labelledby") for name in names.split()}
    assert targets <= set(ids)


def test_the_grid_can_be_reached_and_scrolled_from_the_keyboard(html) -> None:
    assert '<div class="matrix" role="region" tabindex="0" aria-label="Grid of districts and stages">' in html
    assert '<a class="skip" href="#year">' in html


def test_hostile_words_stay_words() -> None:
    cycle = replace(make_cycle([make_stage(title=HOSTILE)], title=HOSTILE), office=HOSTILE)
    line = DistrictLine(
        "001", HOSTILE, HOSTILE, HOSTILE, 1, {"drafting": CellStanding(Status.OPEN, date(2027, 4, 15))}
    )
    mail = SampleMail(HOSTILE, HOSTILE, "javascript:alert(1)")
    story = replace(
        make_story(cycle, 0),
        districts=(line,),
        problems=(HOSTILE,),
        behaviours={HOSTILE: 1},
        sample_mails=(mail,),
        command=HOSTILE,
        generated_for=HOSTILE,
    )

    html = render_report(story)

    page = Page(html)
    assert page.tags["script"] == 0
    assert [h for h in page.all("href") if not h.startswith("#")] == ["javascript%3Aalert%281%29"]
    assert unescape(html).count(HOSTILE) >= 12


def test_an_empty_story_is_still_a_page() -> None:
    html = render_report(make_story(make_cycle(), 0))

    assert Page(html).open == []
    assert list(figures(html).items())[:3] == [("districts", "0"), ("stages", "0"), ("messages sent", "0")]
    assert "No mail went out." in html


def test_a_story_of_three_districts_names_each_once_in_the_grid() -> None:
    grid = Page(render_report(make_story(make_full_cycle(), 3))).table("District")

    assert [row[0][:12] for row in grid[1:]] == ["District 001", "District 002", "District 003"]
    assert {len(row) for row in grid} == {16}


def test_a_broken_proof_and_its_problems_are_said_first(story) -> None:
    broken = replace(
        story,
        ledger=replace(story.ledger, proof="broken", missed=2),
        problems=("District 007 heard nothing about Drafting.",),
    )

    html = render_report(broken)

    assert figures(html)["the proof"] == "✗ broken"
    assert figures(html)["missed"] == "2"
    assert html.index("District 007 heard nothing") < html.index('id="year"')


def test_a_proof_that_holds_is_not_claimed_beside_a_problem(story) -> None:
    html = render_report(replace(story, problems=("The outbox still holds 3 messages.",)))

    assert figures(html)["the proof"] == "✗ problems"


def test_each_sort_of_cell_says_in_words_what_its_sign_means() -> None:
    due, soon = date(2027, 4, 15), date(2028, 2, 20)
    cells = {
        "a": CellStanding(Status.APPROVED, due, due, 0),
        "b": CellStanding(Status.SUBMITTED, due, date(2027, 4, 18), 3),
        "c": CellStanding(Status.RETURNED, due, due, 0),
        "d": CellStanding(Status.IN_PROGRESS, due),
        "e": CellStanding(Status.IN_PROGRESS, soon, extended=True),
        "f": CellStanding(Status.NOT_REQUIRED, due),
        "g": CellStanding(Status.NOT_OPEN, due, is_owed=False),
    }
    cycle = make_cycle(make_stage(key, key.upper()) for key in "abcdefgh")
    story = replace(make_story(cycle, 0), districts=(DistrictLine("1", "Adair", "", "", None, cells),))

    html = render_report(story)

    row = Page(html).table("District")[1]
    assert row == [
        "Adair",
        "✓ on time",
        "+3 days late",
        "↩ returned",
        "✗ never handed in",
        "·* in progress",
        "– not required",
        "· no plan came",
        "",
    ]
    assert 'title="Due Apr 15, in Apr 18"' in html
    assert 'title="Due Feb 20, 2028 (extended)"' in html


def test_a_year_under_way_marks_today_on_the_wheel(story) -> None:
    assert 'class="today"' in render_report(replace(story, as_of=date(2027, 5, 2)))
    assert 'class="today"' not in render_report(story)


def test_the_report_is_written_where_it_is_asked_for(tmp_path: Path, story, html) -> None:
    place = tmp_path / "out" / "demo" / "report.html"

    write_report(story, place)

    assert place.read_text(encoding="utf-8") == html


def test_a_stage_nobody_owed_has_no_rate() -> None:
    assert StageCount("drafting", excused=3).on_time_rate is None
    assert StageCount("drafting", on_time=3, late=1, excused=3).on_time_rate == 0.75


def test_what_the_state_owes_itself_is_in_the_stage_table_but_no_column_of_the_grid() -> None:
    cycle = make_cycle([replace(make_stage("setup", "Cycle setup"), owed_by=OwedBy.STATE), make_stage()])

    page = Page(render_report(make_story(cycle, 1)))

    assert [row[1] for row in page.table("No.")[1:]] == ["Cycle setup", "Drafting"]
    assert page.table("District")[0] == ["District", "Drafting2"]
