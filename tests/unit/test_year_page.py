"""The year on paper: list, bars and month grid tell the same dates."""

import re
from datetime import date, timedelta

from yearwheel.calendar.year_page import Row, lay_bars, month_grid, year_page
from yearwheel.config.cycle_file import load_cycle, read_shipped

CYCLE = load_cycle(read_shipped("kentucky-2027"))
ROWS = tuple(Row(number, stage) for number, stage in enumerate(CYCLE.stages, start=1))
PAGE = year_page(CYCLE)
CELLS = [cell for month in month_grid(CYCLE, ROWS) for week in month.weeks for cell in week if cell]


def test_every_day_from_the_first_opening_to_the_last_close_stands_once_in_the_grid():
    days = [cell.on for cell in CELLS]
    assert (days[0], days[-1]) == (date(2026, 12, 1), date(2028, 1, 31))
    assert days == [days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1)]


def test_each_stage_opens_and_is_due_on_one_day_of_the_grid():
    due = {number: cell.on for cell in CELLS for number in cell.due}
    opens = {number: cell.on for cell in CELLS for number in cell.opens}
    assert due == {row.number: row.stage.dates.due.on for row in ROWS}
    assert opens == {row.number: row.stage.dates.opens.on for row in ROWS}


def test_a_day_of_the_grid_says_what_is_due_what_opens_and_why_the_office_is_closed():
    words = {cell.on: cell.words for cell in CELLS if cell.words}
    assert words[date(2027, 9, 30)] == "Digital Readiness Survey is due; Working budget is due"
    assert words[date(2027, 12, 15)] == (
        "Year-end inventory validation is due; Close and carry forward opens"
    )
    assert words[date(2027, 5, 31)] == "Memorial Day"
    assert date(2027, 5, 29) not in words  # an ordinary Saturday


def test_the_bars_keep_the_order_of_dates_and_lie_in_the_chart():
    chart = lay_bars(ROWS)
    assert [bar.number for bar in chart.bars] == [row.number for row in ROWS]
    assert all(300 <= b.opens < b.due <= b.grace <= b.close <= 1000 for b in chart.bars)
    assert [name for name, _ in chart.months] == (
        ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan"]
    )


def test_the_list_is_in_the_order_of_due_dates_with_basis_and_every_move_explained():
    titles = re.findall(r'<th scope="row"[^>]*>(.+?)<small>', PAGE)
    by_due = sorted(CYCLE.stages, key=lambda stage: stage.dates.due.on)
    assert titles == [stage.title for stage in by_due]
    assert "January 31, 2027 is a Sunday, so the previous workday, January 29" in PAGE
    assert "KRS 160.470(6)(a) (law)" in PAGE


def test_the_closed_days_are_listed_for_sign_off():
    assert "<li>Thu, Nov 25, 2027: Thanksgiving</li>" in PAGE
    assert "<li>Mon, Jan 17, 2028: Martin Luther King Jr. Day</li>" in PAGE
    assert "Signed off by" in PAGE


def test_the_districts_page_leaves_out_what_only_the_state_owes():
    page = year_page(CYCLE, for_districts=True)
    assert "Cycle set-up" not in page
    assert "Cycle set-up" in PAGE


def test_the_page_asks_for_nothing_and_runs_nothing_and_escapes_the_files_words():
    text = read_shipped("kentucky-2027").replace("title: Drafting", 'title: "<script>x</script>"')
    page = year_page(load_cycle(text))
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_year_wheel_may_stand_on_the_page():
    assert '<div class="wheel"><svg id="w"></svg></div>' in year_page(CYCLE, wheel='<svg id="w"></svg>')


def test_rules_name_stages_by_their_titles_and_numbers_follow_the_due_days() -> None:
    cells = re.findall(r'data-label="No\.">(\d+)<', PAGE)
    assert cells == [str(number) for number in range(1, len(cells) + 1)]
    assert "by the rule: 28 days before E-rate Form 471 is due" in PAGE
    assert "erate_471.due" not in PAGE
