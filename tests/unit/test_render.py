"""What a letter says. YEARWHEEL_UPDATE_SNAPSHOTS=1 writes the words people get into the snapshots again."""

import os
import re
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from html import escape, unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.letters import CENTRAL, EASTERN, SUNDAY, item, letter
from yearwheel.calendar.cycle import RungKind
from yearwheel.notifications.ledger import NoticeKind
from yearwheel.notifications.letter import Item, Letter
from yearwheel.notifications.receipt import write_receipt
from yearwheel.notifications.render import KINDS, Renderer
from yearwheel.notifications.untrusted import WORD_JOINER, Address

SNAPSHOTS = Path(__file__).parent.parent / "snapshots"
THURSDAY = date(2027, 1, 21)
CLOSE = datetime(2027, 2, 6, 4, 59, tzinfo=UTC)  # February 5, 11:59 PM in the East
OF_THE_OFFICE = {RungKind.REVIEW, NoticeKind.ASSIGNED, NoticeKind.WEEKLY, NoticeKind.ALERT}
ADMIN, YEAR = "state administrator", "Kentucky education technology planning 2027"
DATES = (("Budget preparation", "Friday, January 29"), ("Drafting", "Thursday, April 15"))
WEEK = (
    ("Overdue: Budget preparation", "3 districts, the longest by 12 days"),
    ("Due Monday, March 15: Stakeholder input", "41 districts still to hand in"),
)
TROUBLE = (
    (
        Address("pat@adair.example"),
        "The mail server takes no letters for it. Correct it in the roster",
    ),
    (
        "2 letters",
        "May have arrived, or not. Look in the mail server's log, then: yearwheel outbox resolve --help",
    ),
)
ASKED = (
    (Address("pat@adair.example"), "Pat Doe of Adair County asks for help with Budget, due Friday, March 12"),
    (
        "Budget: Boyd County",
        "Kim Ray by link asks for time until Monday, March 29: snow; to grant it: "
        "yearwheel extension grant 017 budget --cycle kentucky-2027; to refuse it: "
        "yearwheel extension refuse 017 budget --why '...' --cycle kentucky-2027",
    ),
)
RECEIPT = write_receipt(
    "kentucky-2027/budget/001/1",
    "Pat Morgan",
    datetime(2027, 1, 22, 14, 42, tzinfo=UTC),
    sha256(b"a budget").hexdigest(),
    EASTERN,
    CENTRAL,
)
COMMENT = "Strategy 4 names no owner.\nThe costs do not tie to the budget."


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def of_kind(kind: str) -> Item:
    """An item as the year would make it for this kind."""
    changes: dict[str, dict[str, object]] = {
        RungKind.DUE_TODAY: {"due_on": SUNDAY},
        RungKind.OPENED: {"takes": ("the technology lines and their total", "the board's minutes")},
        RungKind.LATE: {"due_on": THURSDAY, "taken_until": CLOSE, "takes": ("the technology lines",)},
        RungKind.ESCALATION: {"due_on": THURSDAY, "taken_until": CLOSE, "role_label": "superintendent"},
        RungKind.REVIEW: {"missing": (), "role_label": "plan reviewer", "zone": EASTERN},
        RungKind.REVISION: {"stage_title": "OET review", "missing": (), "note": COMMENT},
        NoticeKind.RETURNED: {"missing": (), "note": COMMENT},
        NoticeKind.EXTENSION: {"due_before": THURSDAY, "note": "The board's meeting was moved by snow."},
        NoticeKind.RECEIPT: {"missing": (), "note": RECEIPT},
        NoticeKind.APPROVED: {"missing": ()},
        NoticeKind.EXCUSED: {"missing": (), "note": "Merged with Boyd County."},
        NoticeKind.REINSTATED: {
            "stage_title": "Stakeholder input",
            "missing": (),
            "note": "The merger is off.",
            "takes": ("the technology lines",),
        },
        NoticeKind.EXTENSION_REFUSED: {"note": "The state's own date leaves no room."},
        NoticeKind.DATE_MOVED: {
            "due_before": THURSDAY,
            "missing": (),
            "note": "The hearing was moved by snow.",
        },
        NoticeKind.ASSIGNED: {"missing": (), "role_label": "plan reviewer", "zone": EASTERN},
        NoticeKind.PUBLISHED: {"missing": (), "stage_title": YEAR, "table": DATES},
        NoticeKind.WEEKLY: {"missing": (), "stage_title": YEAR, "table": WEEK, "role_label": ADMIN},
        NoticeKind.REQUESTS: {"missing": (), "stage_title": YEAR, "table": ASKED, "role_label": ADMIN},
        NoticeKind.ALERT: {"missing": (), "stage_title": YEAR, "table": TROUBLE, "role_label": ADMIN},
    }
    return item(kind=kind, **changes.get(kind, {}))


def state_digest(districts: int) -> Letter:
    """What a state admin hears a week after a deadline that many have missed."""
    return letter(
        *(
            item(
                kind="escalation",
                district_name=f"District {number:03}",
                due_on=THURSDAY - timedelta(days=2 * (number % 5 == 0)),
                zone=EASTERN,
                missing=("Technology budget lines",) if number % 3 else ("Date of the board meeting",),
                page=f"{number:03}/budget",
                role_label="state administrator",
            )
            for number in range(districts)
        ),
        to_name="Sam Admin",
        to_address="sam.admin@oet.example",
        to_office=True,
    )


def everything() -> Letter:
    items = [of_kind(kind) for kind in reversed(KINDS)]
    # What came back or moved is of other stages: beside it little else is said of one.
    other = {"returned": "Alignment", "date_moved": "Local approval", "extension": "Working budget"}
    return letter(*(i._replace(stage_title=other.get(i.kind, i.stage_title)) for i in items))


def match_snapshot(name: str, words: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("YEARWHEEL_UPDATE_SNAPSHOTS") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(words, "utf-8")
    assert words == path.read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_message_has_its_words(renderer: Renderer, kind: str) -> None:
    rendered = renderer.render(letter(of_kind(kind), to_office=kind in OF_THE_OFFICE))
    match_snapshot(f"{kind}.txt", f"Subject: {rendered.subject}\n\n{rendered.text}")


@pytest.mark.parametrize("kind", ["late", "reminder", "due_today", "opened", "extension"])
def test_a_district_struck_by_a_disaster_is_asked_softly(renderer: Renderer, kind: str) -> None:
    rendered = renderer.render(letter(of_kind(kind)._replace(gentle=True)))
    match_snapshot(f"{kind}-gentle.txt", f"Subject: {rendered.subject}\n\n{rendered.text}")
    said = f"{rendered.subject} {rendered.text} {rendered.html}"
    assert "We know that this is a hard time for you." in said
    assert not re.search(r"\blate\b(?!st)", re.sub(r"<style.*?</style>|<!--.*?-->", "", said, flags=re.S))


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_in_the_office_is_told_to_write_to_it(renderer: Renderer, kind: str) -> None:
    ours, theirs = (renderer.render(letter(of_kind(kind), to_office=of)) for of in (True, False))
    for words in (ours.text, ours.html):
        assert re.findall(r"Questions\?|write to us|help@oet\.example", words) == []
    for words in (theirs.text, theirs.html):
        assert "Questions?" in words
    assert ours.template_version == theirs.template_version


def test_struck_and_other_districts_stand_apart_in_one_letter(renderer: Renderer) -> None:
    struck, other = of_kind("late")._replace(gentle=True, district_name="Breathitt County"), of_kind("late")
    html = renderer.render(letter(struck, other)).html
    assert re.findall(r'<h2 class="headline"[^>]*>(.*?)</h2>', html) == [
        "Budget preparation is late",
        "Budget preparation can still be handed in",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [("reminder", letter()), ("digest", everything()), ("state-digest", state_digest(6))],
)
def test_the_layouts_stay_as_they_were_looked_at(renderer: Renderer, name: str, words: Letter) -> None:
    rendered = renderer.render(words)
    match_snapshot(f"{name}.html", rendered.html)
    match_snapshot(f"{name}.txt", f"Subject: {rendered.subject}\n\n{rendered.text}")


def test_what_is_asked_again_is_not_asked_for_a_second_time_in_the_same_letter(renderer: Renderer) -> None:
    again = of_kind("reinstated")
    other = of_kind("reminder")
    same = of_kind("reminder")._replace(stage_title=again.stage_title)
    html = renderer.render(letter(again, same, other)).html
    assert re.findall(r'<h2 class="headline"[^>]*>(.*?)</h2>', html) == [
        "Budget preparation is due Friday",
        "Stakeholder input is asked of you after all",
    ]


def test_a_digest_begins_with_what_hurts_most(renderer: Renderer) -> None:
    html = renderer.render(everything()).html
    headlines = re.findall(r'<h2 class="headline"[^>]*>(.*?)</h2>', html)
    assert headlines == [
        "Budget preparation is late",
        "Adair County is late with Budget preparation",
        "Budget preparation is due today",
        "Alignment: your work needs changes",
        "OET review: your changes are due Friday",
        "Budget preparation is due Friday",
        "Your review of Adair County is due Friday",
        "Budget preparation is open",
        "Stakeholder input is asked of you after all",
        "The date of Local approval moved",
        "Working budget has a new date",
        "Budget preparation keeps its date",
        "Adair County waits for your review",
        "2 things to put right",
        "2 requests to answer",
        "We have received Budget preparation",
        "Budget preparation: your work is approved",
        "Budget preparation is not asked of you this time",
        "The dates of the year are set",
        "How the state stands this week",
    ]


def test_what_came_back_is_not_asked_for_again_beside_it(renderer: Renderer) -> None:
    returned, asked = of_kind("returned"), of_kind("revision")._replace(stage_title="Budget preparation")
    alone, beside = renderer.render(letter(returned)), renderer.render(letter(asked, returned))
    assert beside == alone
    later = asked._replace(due_on=asked.due_on + timedelta(days=7))
    assert renderer.render(letter(later, returned)).subject.startswith("2 things due")


@pytest.mark.parametrize("kind", ["reminder", "opened"])
@pytest.mark.parametrize("news", ["date_moved", "extension"])
def test_a_new_day_says_what_a_reminder_of_it_would_say(renderer: Renderer, news: str, kind: str) -> None:
    moved, asked = of_kind(news)._replace(missing=()), of_kind(kind)
    assert asked.missing
    beside = renderer.render(letter(moved, asked))
    assert beside == renderer.render(letter(moved._replace(missing=asked.missing)))
    of_another = renderer.render(letter(moved, asked._replace(stage_title="Stakeholder input")))
    assert of_another.subject.startswith("2 things due, first ")


@pytest.mark.parametrize("kind", ["due_today", "late", "escalation"])
def test_what_is_due_today_or_late_says_which_day_it_was_before(renderer: Renderer, kind: str) -> None:
    asked = of_kind(kind)
    moved = of_kind("extension")._replace(due_on=asked.due_on, taken_until=CLOSE, due_before=date(2027, 1, 7))
    beside, alone = renderer.render(letter(asked, moved)), renderer.render(letter(asked))
    assert beside.subject == alone.subject
    assert "has a new date" not in beside.text
    new = [line for line in beside.text.splitlines() if line not in alone.text.splitlines()]
    until = [] if asked.taken_until else ["Taken until: Friday, February 5 at 11:59 PM Eastern "
                                          "(10:59 PM Central, your time)"]  # fmt: skip
    assert new == [
        "Instead of: Thursday, January 7",
        *until,
        "Note:",
        "  | The board's meeting was moved by snow.",
    ]


def test_who_never_knew_another_day_is_not_told_that_one_is_replaced(renderer: Renderer) -> None:
    for kind in ("date_moved", "extension"):
        text = renderer.render(letter(of_kind(kind)._replace(due_before=None))).text
        assert "The date below is the one that holds now." in text
        assert "earlier" not in text


def test_of_several_districts_it_is_told_only_what_holds_for_all(renderer: Renderer) -> None:
    late = of_kind("escalation")
    other = late._replace(district_name="Boyd County", page="019/budget")
    assert "Taken until: Friday, February 5 at 11:59 PM Eastern" in renderer.render(letter(late, other)).text
    longer = other._replace(taken_until=CLOSE + timedelta(days=7))
    assert "Taken until" not in renderer.render(letter(late, longer)).text


def test_who_is_told_of_anothers_late_review_is_told_whose_it_is(renderer: Renderer) -> None:
    own = of_kind("review")._replace(due_on=THURSDAY, days_left=-2)
    rays = own._replace(role_label="office lead", done_by=("Ray Doe",))
    robs = rays._replace(district_name="Boyd County", page="019/budget", done_by=("Rob Roe", "Ray Doe"))
    alone = renderer.render(letter(rays)).text
    assert "The review of Adair County is late\n" in alone
    assert "You are told because Ray Doe has not decided yet." in alone
    assert "You receive this because you are listed as office lead.\n" in alone

    both = renderer.render(
        letter(rays, robs, own._replace(district_name="Bell County", page="013/budget"))
    ).text
    assert "The review of 2 districts is late\n" in both
    assert "because Ray Doe, Rob Roe have not decided yet." in both
    assert "Your review of Bell County is late\n" in both

    unheld = renderer.render(letter(rays._replace(done_by=()))).text
    assert "You are told because no reviewer is named for it. Your help may be what is needed." in unheld


def test_of_several_districts_a_basis_is_told_only_where_it_is_the_same(renderer: Renderer) -> None:
    late = of_kind("escalation")
    other = late._replace(district_name="Boyd County", page="019/budget")
    assert f"Based on: {late.basis}\n" in renderer.render(letter(late, other)).text
    granted = other._replace(basis="the office's decision")
    assert "Based on" not in renderer.render(letter(late, granted)).text


def test_the_weekly_digest_does_not_hide_the_dates_of_the_year(renderer: Renderer) -> None:
    subject = renderer.render(letter(of_kind("weekly"), of_kind("published"))).subject
    assert subject == "The dates of the year - Adair County, and 1 more"


def test_of_two_days_alerts_what_both_say_is_said_once(renderer: Renderer) -> None:
    rows = (("Finance officer of Adair County", "Nobody holds this role"), ("1 letter", "May have arrived"))
    first, second = (of_kind("alert")._replace(table=rows[:1]), of_kind("alert")._replace(table=rows))
    text = renderer.render(letter(first, second)).text
    assert [text.count(what) for what, _ in rows] == [1, 1]


def test_of_two_reminders_the_nearer_date_comes_first(renderer: Renderer) -> None:
    near, far = item(stage_title="Work plan"), item(stage_title="Alignment", due_on=date(2027, 2, 12))
    assert renderer.render(letter(far, near)).subject == "2 things due, first Work plan on Friday, January 29"


@pytest.mark.parametrize(
    ("items", "subject"),
    [
        ([item()], "Due Friday: Budget preparation - Adair County"),
        ([item(due_on=date(2027, 1, 25))], "Due tomorrow: Budget preparation - Adair County"),
        ([item(due_on=date(2027, 2, 12))], "Due Friday, February 12: Budget preparation - Adair County"),
        ([item(), item(district_name="Boyd County")], "Due Friday: Budget preparation - 2 districts"),
        (
            [item(), item(district_name="Boyd County", due_on=date(2027, 2, 12))],
            "Due from Friday on: Budget preparation - 2 districts",
        ),
        ([of_kind("late")], "Late: Budget preparation - Adair County"),
        (
            [of_kind("late"), item(stage_title="Drafting"), item(stage_title="Alignment")],
            "3 things due, first Budget preparation, 3 days late",
        ),
        (
            [of_kind("due_today"), item(stage_title="Drafting")],
            "2 things due, first Budget preparation today",
        ),
        (
            [item(), of_kind("approved")],
            "Due Friday: Budget preparation - Adair County, and 1 more",
        ),
    ],
)
def test_the_subject_says_what_and_when(renderer: Renderer, items: list[Item], subject: str) -> None:
    assert renderer.render(letter(*items)).subject == subject


def test_a_district_of_which_there_are_two_things_of_a_kind_to_say_is_one_district(
    renderer: Renderer,
) -> None:
    twice = [of_kind("receipt")._replace(note=f"Version {number}") for number in (1, 2)]
    rendered = renderer.render(letter(*twice))
    assert "Adair County" in rendered.subject
    assert "2 districts" not in rendered.subject + rendered.text
    assert rendered.text.index("Version 1") < rendered.text.index("Version 2")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (EASTERN, "at 11:59 PM Eastern\n"),
        (CENTRAL, "at 11:59 PM Eastern (10:59 PM Central, your time)\n"),
        (ZoneInfo("America/Detroit"), "at 11:59 PM Eastern\n"),
        (ZoneInfo("Pacific/Honolulu"), "at 11:59 PM Eastern (6:59 PM Hawaii, your time)\n"),
        (ZoneInfo("Europe/Paris"), "at 11:59 PM Eastern (Saturday, January 30, 5:59 AM CET, your time)\n"),
    ],
)
def test_the_time_is_the_legal_one_and_the_readers_own_where_they_differ(
    renderer: Renderer, zone: ZoneInfo, words: str
) -> None:
    assert words in renderer.render(letter(item(zone=zone))).text


def test_summer_time_changes_the_hour_and_not_the_name_of_the_zone(renderer: Renderer) -> None:
    july = item(due_on=date(2027, 7, 30), due_at=datetime(2027, 7, 30, 21, tzinfo=UTC))
    assert "at 5:00 PM Eastern (4:00 PM Central, your time)" in renderer.render(letter(july)).text


def test_the_year_is_written_where_it_is_another(renderer: Renderer) -> None:
    text = renderer.render(letter(item(due_on=date(2028, 1, 31)))).text
    assert "Due: Monday, January 31, 2028, 372 days left" in text


def test_the_text_says_everything_the_html_says(renderer: Renderer) -> None:
    rendered = renderer.render(everything())
    body = rendered.html.split("</div>", 1)[1]  # after the preheader
    said = re.findall(r">([^<>]+)<", re.sub(r"<!--.*?-->", "", body, flags=re.S))
    labels = {"5 days left", "3 days late", "Due today", "Receipt", "Approved", "Excused"}
    labels |= {"Dates of the year", "This week", "To put right", "To answer"}
    flat = " ".join(rendered.text.split())
    missing = {" ".join(unescape(words).split()) for words in said} - labels
    assert {words for words in missing if words.rstrip(".,:") not in flat} == set()


def test_a_whole_state_fits_in_one_readable_mail(renderer: Renderer) -> None:
    rendered = renderer.render(state_digest(200))
    assert rendered.subject == "Late: Budget preparation - 200 districts"
    assert len(rendered.html.encode()) < 100_000  # some readers cut a mail off at 102 kB
    assert rendered.html.count("<h1") == 1
    assert rendered.html.count('<td class="button"') == 1
    assert all(f"District {number:03}" in rendered.html for number in range(200))
    assert all(f"District {number:03}" in rendered.text for number in range(200))


def test_there_is_one_button_however_much_there_is_to_say(renderer: Renderer) -> None:
    assert renderer.render(everything()).html.count('<td class="button"') == 1


def test_nothing_typed_by_people_becomes_markup_or_a_link(renderer: Renderer) -> None:
    hostile = "Adair http://evil.example/ <a href=x> {{ 7 * 7 }} x@evil.example"
    typed = ("stage_title", "ask", "district_name", "basis", "note", "role_label")
    rendered = renderer.render(
        letter(
            item(missing=(hostile,), **dict.fromkeys(typed, hostile)),
            item(kind="escalation", missing=(hostile,), **dict.fromkeys(typed, hostile)),
            to_name=hostile,
            office=hostile,
            cycle_title=hostile,
        )
    )
    own = {
        "https://planning.example/l/pat",
        "https://planning.example/l/pat/001/budget",
        "mailto:help@oet.example",
    }
    assert set(re.findall(r'href="([^"]*)"', rendered.html)) == own
    assert "<a href=x>" not in rendered.html
    for part in (rendered.subject, rendered.text, rendered.html):
        assert "evil.example" not in part
        assert "http://" not in part
        assert "{{ 7 * 7 }}" in part


def test_a_note_cannot_add_a_header_or_a_line_of_its_own_outside_its_box(renderer: Renderer) -> None:
    text = renderer.render(letter(item(kind="returned", note="x\r\nQuestions? Write to thief"))).text
    assert "\n  | x\n  | Questions? Write to thief\n" in text
    assert renderer.render(letter(item(district_name="Adair\r\nBcc: x"))).subject.count("\n") == 0


def test_what_two_districts_are_told_alike_keeps_each_ones_name_page_and_nothing_of_the_other(
    renderer: Renderer,
) -> None:
    """They are drawn up once: what differs is put in later, and is no more trusted for that."""
    name = "<b>Bath & evil.example</b> \ue005"
    first = renderer.render(letter(item(kind="escalation")))
    other = renderer.render(letter(item(kind="escalation", district_name=name, page="002/budget")))

    plain = f"<b>Bath & evil.{WORD_JOINER}example</b> "
    assert other.subject == first.subject.replace("Adair County", plain)
    assert other.text == first.text.replace("Adair County", plain).replace("/001/", "/002/")
    assert other.html == first.html.replace("Adair County", escape(plain)).replace("/001/", "/002/")
    assert "Adair County" in first.subject
    assert "Adair" not in other.subject + other.text + other.html


def test_a_letter_about_two_districts_names_both(renderer: Renderer) -> None:
    both = renderer.render(letter(item(), item(district_name="Bath County", page="002/budget")))
    assert [name in both.text for name in ("Adair County", "Bath County", "/001/", "/002/")] == [True] * 4
    assert not set(both.text + both.html) & set(map(chr, range(0xE000, 0xF900)))


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "/districts/001", ""])
def test_a_link_that_is_not_a_web_address_is_refused(renderer: Renderer, link: str) -> None:
    for place in ("reader_link", "unsubscribe")[: 2 if link else 1]:
        with pytest.raises(ValueError, match="links start with https://"):
            renderer.render(letter(**{place: link}))


@pytest.mark.parametrize("page", ['001/"onclick', "001/a b", "001?x=1", "001/é", "001/\n"])
def test_a_page_that_would_break_out_of_its_link_is_refused(renderer: Renderer, page: str) -> None:
    with pytest.raises(ValueError, match="cannot be a page in a letter"):
        renderer.render(letter(item(page=page)))


def test_an_unknown_kind_names_the_known_ones(renderer: Renderer) -> None:
    with pytest.raises(ValueError, match="'shout' is not a kind of message; it may be: opened, reminder"):
        renderer.render(letter(item(kind="shout")))


def test_a_letter_without_items_is_refused(renderer: Renderer) -> None:
    with pytest.raises(ValueError, match="has no items"):
        renderer.render(letter()._replace(items=()))


def test_the_html_reads_without_images_and_names_its_language(renderer: Renderer) -> None:
    html = renderer.render(everything()).html
    assert "<img" not in html
    assert "url(" not in html
    assert '<html lang="en"' in html
    tables = re.findall(r"<table [^>]*>", html)
    assert {table for table in tables if 'role="presentation"' not in table and "full" not in table} == set()


def test_every_element_carries_its_own_style_and_the_sheet_keeps_only_what_cannot_be_inlined(
    renderer: Renderer,
) -> None:
    html = renderer.render(letter()).html
    assert "prefers-color-scheme:dark" in html.replace(" ", "")
    for name in re.findall(r'<(?:h1|h2|p|td|th|li|a) [^>]*class="([^"]+)"[^>]*>', html):
        assert re.search(rf'class="{re.escape(name)}"[^>]*style=', html), name


def test_a_letter_says_which_version_of_each_kinds_words_it_has(renderer: Renderer) -> None:
    late, reminder = renderer.versions["late"], renderer.versions["reminder"]
    rendered = renderer.render(letter(item(), item(kind="late", due_on=THURSDAY)))
    assert rendered.template_version == f"late={late} reminder={reminder}"
    assert re.fullmatch(r"[0-9a-f]{12}", late)
    assert late != reminder
    assert Renderer().versions == renderer.versions


def test_until_when_late_work_is_taken_stays_said_where_its_day_moved(renderer: Renderer) -> None:
    moved = of_kind("extension")._replace(due_on=THURSDAY, taken_until=None)
    assert "Taken until: Friday, February 5" in renderer.render(letter(of_kind("late"), moved)).text
