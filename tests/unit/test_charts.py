from datetime import date
from xml.etree import ElementTree

import pytest

from yearwheel.rehearsal.charts import BASELINE, PLOT, WIDTH, mails_chart, outcome_strip
from yearwheel.rehearsal.story import StageCount

SVG = "{http://www.w3.org/2000/svg}"


def bars(svg: str) -> list[dict[str, str]]:
    return [r.attrib for r in ElementTree.fromstring(svg).iter(f"{SVG}rect")]


def test_bars_stand_on_their_day_as_high_as_their_share_of_the_busiest() -> None:
    first, middle = bars(mails_chart({date(2027, 1, 1): 50, date(2027, 7, 2): 200}, 2027))

    assert (float(first["x"]), float(first["height"])) == (0, PLOT / 4)
    assert float(middle["x"]) == pytest.approx(WIDTH * 182 / 365, abs=0.01)
    assert float(middle["y"]) + float(middle["height"]) == pytest.approx(BASELINE)


def test_days_of_another_year_and_days_without_mail_have_no_bar() -> None:
    assert bars(mails_chart({date(2026, 12, 31): 9, date(2027, 3, 1): 0}, 2027)) == []


def test_the_chart_says_in_words_what_it_shows() -> None:
    root = ElementTree.fromstring(mails_chart({date(2027, 3, 1): 1200, date(2027, 3, 2): 3}, 2027))

    assert root.find(f"{SVG}desc").text == "1,203 mails on 2 days; most on Monday, March 1, with 1,200."


def test_a_strip_shares_its_length_by_outcome() -> None:
    widths = [float(b["width"]) for b in bars(outcome_strip(StageCount("x", on_time=5, late=3, never=2)))]

    assert widths == [100, 60, 40]


def test_a_strip_is_left_out_when_nobody_owed_the_stage() -> None:
    assert outcome_strip(StageCount("x", excused=4)) == ""
