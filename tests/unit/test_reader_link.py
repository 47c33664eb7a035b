"""Links in letters: looking changes nothing, a button acts, and only the reader named in it is spoken for."""

import re
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from tests.apps import (
    ANN,
    BIRCH,
    KEY,
    PEOPLE,
    begun,
    ledger,
    logged,
    person,
    roster_of,
    round_at,
    set_clock,
    standing_of,
)
from tests.browser import OURS, elements, post, post_in_pieces, press, visit, words
from tests.fakes import FakeMailer
from yearwheel.notifications.tokens import DECLINE, READER, sign
from yearwheel.roster.people import Role
from yearwheel.services.active import read_active
from yearwheel.services.app import App
from yearwheel.services.board import read_board
from yearwheel.services.contacts import decide_hand_over
from yearwheel.services.prove import prove
from yearwheel.services.tasks import list_tasks
from yearwheel.store import hand_overs, rosters
from yearwheel.store.tables import events

UNREADABLE = "The name holds a character that cannot be read; type it again."  # such as %FF%FE
LIKE_AN_ADDRESS = "The name looks like a web or mail address; give the name alone."
PAM = person("pam", BIRCH, Role.PRINCIPAL)


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer, tmp_path) -> App:
    people = roster_of(*PEOPLE.contacts.values(), PAM)
    app = begun(sqlite_database, mailer, roster=people, data_dir=tmp_path)
    mailer.sent.clear()
    round_at(app, "2027-02-01")
    return app


def link_of(app: App, mailer: FakeMailer, contact=ANN) -> str:
    """The path of the reader's own page, to which every link in their newest letter leads or goes on from."""
    raw = [e.raw for e in mailer.sent if e.recipient == contact.email][-1]
    text = message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
    (path,) = set(re.findall(r"http://planning\.example(/l/[^/\s]+)", text))
    return path


def count_events(app: App) -> int:
    with app.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(events))


def test_looking_changes_nothing(app: App, mailer: FakeMailer) -> None:
    before = count_events(app)
    page = visit(app, link_of(app, mailer))

    assert page.status_code == 200
    assert "You answer as <strong>Ann</strong>" in page.text
    assert visit(app, link_of(app, mailer), "HEAD").status_code == 200
    assert count_events(app) == before


def test_need_help_is_shown_on_the_board_and_asks_for_a_person(app: App, mailer: FakeMailer) -> None:
    page = press(app, link_of(app, mailer), act="need_help", stage="budget")

    assert "Budget: need help. Thank you." in page.text
    (line,) = [line for line in read_board(app, *_active(app)).lines if line.district.code == "001"]
    assert line.cells["budget"].signal == "need_help"
    (task,) = list_tasks(app, "KY")
    assert (task.kind, task.district_code) == ("need_help", "001")
    (event,) = logged(app, "need_help")
    assert (event.actor, event.stage_key, event.district_code) == ("Ann by link", "budget", "001")
    assert prove(app, KEY).breaches == ()


def test_on_track_ends_the_call_for_help_and_pressing_twice_is_once(app: App, mailer: FakeMailer) -> None:
    path = link_of(app, mailer)
    press(app, path, act="need_help", stage="budget")
    press(app, path, act="on_track", stage="budget")
    press(app, path, act="on_track", stage="budget")

    assert list_tasks(app, "KY") == []
    assert [event.kind for event in logged(app, "need_help", "on_track")] == ["need_help", "on_track"]


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_a_form_of_another_site_is_refused(app: App, mailer: FakeMailer, headers: dict[str, str]) -> None:
    page = visit(app, link_of(app, mailer), "POST", headers, act="need_help", stage="budget")

    assert (page.status_code, logged(app, "need_help")) == (403, [])


def test_what_has_opened_by_its_day_is_asked_also_while_it_waits_for_earlier_work(
    app: App, mailer: FakeMailer
) -> None:
    """Its reminders go all the same, so it has the same buttons."""
    path = link_of(app, mailer)
    assert standing_of(app, "plan", "001").status == "not_open"

    assert "Write the plan" in visit(app, path).text.partition("The rest of the year")[0]
    assert "Plan: on track" in press(app, path, act="on_track", stage="plan").text


def test_a_stage_of_which_nothing_is_owed_takes_no_signal(app: App, mailer: FakeMailer) -> None:
    for stage in ("review", "setup", "nothing"):
        page = press(app, link_of(app, mailer), act="on_track", stage=stage)
        assert (page.status_code, logged(app, "on_track")) == (400, [])


def test_a_link_that_was_changed_or_made_elsewhere_opens_nothing(app: App, mailer: FakeMailer) -> None:
    path = link_of(app, mailer)
    forged = sign(READER, (KEY, "sue", "2099-01-01"), b"another secret")
    for bad in (path[:-3], path[:5] + "AAAA" + path[9:], f"/l/{forged}", "/l/%20", "/l/é"):
        assert visit(app, bad).status_code == 400
    other_purpose = sign(DECLINE, (KEY, "ann", "2099-01-01"), app.secret)
    assert visit(app, f"/l/{other_purpose}").status_code == 400


def test_a_link_ends_after_two_months(app: App, mailer: FakeMailer) -> None:
    path = link_of(app, mailer)
    set_clock(app, "2027-04-02")
    assert visit(app, path).status_code == 200
    set_clock(app, "2027-04-03")
    page = press(app, path, act="need_help", stage="budget")

    assert (page.status_code, logged(app, "need_help")) == (400, [])
    assert "This link has ended It worked until Friday, April 2, 2027, and nothing was changed now." in words(
        page
    )
    assert "Use the button in your newest letter from the Office of Testing" in words(page)
    assert "write to help@state.example from the address that our letters come to" in words(page)
    assert [word for word in ("Ann", "Ash", "001") if word in page.text] == []


def test_a_page_says_until_when_its_link_works(app: App, mailer: FakeMailer) -> None:
    assert "link in your letter, which works until Friday, April 2, 2027." in visit(
        app, link_of(app, mailer)
    ).text.replace("\xa0", " ")


def test_a_reader_confirms_once_and_is_asked_again_after_half_a_year(app: App, mailer: FakeMailer) -> None:
    def asked() -> bool:
        raw = [e.raw for e in mailer.sent if e.recipient == ANN.email][-1]
        text = message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()
        return "Is that still right?" in text

    assert asked()
    press(app, link_of(app, mailer), act="confirm")
    round_at(app, "2027-02-15")
    assert not asked()


def test_a_role_passed_on_counts_once_it_is_confirmed(app: App, mailer: FakeMailer) -> None:
    path = link_of(app, mailer)
    page = press(app, path, act="pass_on", name="Nia <b>New</b>", email="nia@mail.example")
    assert "Nia &lt;b&gt;New&lt;/b&gt;" in page.text
    round_at(app, "2027-02-15")
    assert ANN.email in mailer.recipients()

    with app.database.reading() as connection:
        (proposal,) = hand_overs.list_open(connection, "KY")
    decide_hand_over(app, KEY, proposal.id, accept=True, by="sue")
    mailer.sent.clear()
    round_at(app, "2027-02-22")
    assert ("nia@mail.example" in mailer.recipients(), ANN.email in mailer.recipients()) == (True, False)
    assert list_tasks(app, "KY") == []
    assert visit(app, path).status_code == 400  # Ann is no longer on the list
    assert prove(app, KEY).breaches == ()


def test_a_role_that_was_not_passed_on_stays(app: App, mailer: FakeMailer) -> None:
    press(app, link_of(app, mailer), act="pass_on", name="Eve", email="eve@evil.example")
    with app.database.reading() as connection:
        (proposal,) = hand_overs.list_open(connection, "KY")
    decide_hand_over(app, KEY, proposal.id, accept=False, by="sue")
    with app.database.reading() as connection:
        people = rosters.load(connection, "KY").contacts

    assert (people["ann"].email, [c.email for c in people.values() if "evil" in c.email]) == (ANN.email, [])
    page = words(visit(app, link_of(app, mailer)))
    assert "You told us that Eve does this now. The office did not confirm it" in page

    set_clock(app, "2027-02-02")
    page = words(press(app, link_of(app, mailer), act="confirm"))
    assert "did not confirm" not in page  # they said since that they are the right person


def test_a_refusal_after_the_confirmation_is_told(app: App, mailer: FakeMailer) -> None:
    press(app, link_of(app, mailer), act="confirm")
    set_clock(app, "2027-02-02")
    press(app, link_of(app, mailer), act="pass_on", name="Eve", email="eve@mail.example")
    decide_hand_over(app, KEY, 1, accept=False, by="sue")

    assert "The office did not confirm it" in words(visit(app, link_of(app, mailer)))


@pytest.mark.parametrize(
    ("name", "email"),
    [("", "nia@mail.example"), ("Nia", "not an address"), ("Nia", ANN.email.upper())],
)
def test_a_person_needs_a_name_and_an_address(app: App, mailer: FakeMailer, name: str, email: str) -> None:
    page = press(app, link_of(app, mailer), act="pass_on", name=name, email=email)

    assert (page.status_code, list_tasks(app, "KY")) == (400, [])


@pytest.mark.parametrize(
    ("name", "email", "said"),
    [
        ("Nia\x07", "nia@mail.example", UNREADABLE),
        ("Nia \ufffd\ufffd", "nia@mail.example", UNREADABLE),
        ("https://evil.example", "nia@mail.example", LIKE_AN_ADDRESS),
        ("Nia of www.evil", "nia@mail.example", LIKE_AN_ADDRESS),
        ("see evil.example now", "nia@mail.example", LIKE_AN_ADDRESS),
        ("nia@mail.example", "nia@mail.example", LIKE_AN_ADDRESS),
        (
            "Nia",
            "nia\r\nBcc: all@mail.example",
            "Not an e-mail address: it holds a blank, a line break or another hidden character.",
        ),
        ("Nia", "nia", "Not an e-mail address: An email address must have an @-sign."),
    ],
)
def test_what_is_wrong_with_a_name_or_an_address_is_said_plainly(
    app: App, mailer: FakeMailer, name: str, email: str, said: str
) -> None:
    page = press(app, link_of(app, mailer), act="pass_on", name=name, email=email)

    assert (page.status_code, list_tasks(app, "KY")) == (400, [])
    assert said in words(page)


@pytest.mark.parametrize("name", ["Dr. J.R. O'Neill-Ávila, Ed.D.", "Nia Smith, M.Ed", "李 小龍", "=cmd()"])
def test_names_of_many_kinds_are_names(app: App, mailer: FakeMailer, name: str) -> None:
    page = press(app, link_of(app, mailer), act="pass_on", name=name, email="nia@mail.example")
    assert page.status_code == 200


def test_a_mail_program_stops_a_kind_of_message_with_one_click(app: App, mailer: FakeMailer) -> None:
    path = "/u/" + sign(DECLINE, (KEY, "ada", "weekly"), app.secret)
    assert "Stop them" in visit(app, path).text
    assert logged(app, "declined") == []
    headers = {"Sec-Fetch-Site": "cross-site"}
    page = visit(app, path, "POST", headers, **{"List-Unsubscribe": "One-Click"})

    assert (page.status_code, "you no longer get the digest of each week" in page.text) == (200, True)
    (event,) = logged(app, "declined")
    assert event.detail == {"contact": "ada", "kinds": ["weekly"]}
    mail = app.settings.mail.model_copy(update={"tell_admins": True})
    app.settings = app.settings.model_copy(update={"mail": mail})
    round_at(app, "2027-02-16")
    round_at(app, "2027-02-22")
    rows = ledger(app, contact_key="ada", kind="weekly")
    assert {(status, reason) for *_, status, reason in rows} == {("cancelled", "declined")}
    assert prove(app, KEY).breaches == ()


FORM, PARTS = "application/x-www-form-urlencoded", 'multipart/form-data; boundary="x"'
IN_PARTS = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
NO_BODIES_OF_ONE_CLICK = [
    ("", FORM),
    ("List-Unsubscribe=One-Click", "text/plain"),
    ("List-Unsubscribe=one-click", FORM),
    ("List-Unsubscribe=One-Click&again=true", FORM),
    ("List-Unsubscribe=One-Click&List-Unsubscribe=One-Click", FORM),
    (IN_PARTS, FORM),
    ("List-Unsubscribe=One-Click", PARTS),
    (IN_PARTS, "multipart/form-data"),
    (IN_PARTS.replace("One-Click", "One\r\nClick"), PARTS),
    (IN_PARTS.replace("--x--\r\n", "") + IN_PARTS, PARTS),
    (IN_PARTS.replace("\r\n\r\n", "\r\nContent-Type: message/rfc822\r\n\r\n"), PARTS),
    ("--x\r\n" + "Content-Type:message/a\n\n" * 410, PARTS),
]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("List-Unsubscribe=One-Click", FORM),
        ("List-Unsubscribe=One-Click", "Application/X-WWW-Form-URLencoded; charset=utf-8"),
        (IN_PARTS, PARTS),
        (IN_PARTS.replace("\r\n\r\n", "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"), PARTS),
    ],
)
def test_one_click_is_said_in_either_form(app: App, body: str, content_type: str) -> None:
    page = post(app, "/u/" + sign(DECLINE, (KEY, "ada", "weekly"), app.secret), body, content_type)

    assert (page.status_code, "you no longer get the digest of each week" in page.text) == (200, True)
    assert len(logged(app, "declined")) == 1


@pytest.mark.parametrize(("body", "content_type"), NO_BODIES_OF_ONE_CLICK)
def test_a_post_that_does_not_say_one_click_and_nothing_else_stops_nothing(
    app: App, body: str, content_type: str
) -> None:
    page = post(app, "/u/" + sign(DECLINE, (KEY, "ada", "weekly"), app.secret), body, content_type)

    assert (page.status_code, logged(app, "declined")) == (400, [])
    assert words(page) == (
        "This did not work Messages are stopped by a mail program's own button (RFC 8058) or by the one on "
        "our page; they go on. If that does not help, write to the address at the end of your letter."
    )


def test_one_click_need_not_say_how_long_it_is_and_is_bounded_all_the_same(app: App) -> None:
    path = "/u/" + sign(DECLINE, (KEY, "ada", "weekly"), app.secret)
    assert post_in_pieces(app, path, "List-Unsubscribe=One-Click", *["x" * 1_000] * 50).status_code == 413
    assert post_in_pieces(app, path).status_code == 400
    assert logged(app, "declined") == []

    assert post_in_pieces(app, path, "List-Unsubscribe=", "One-Click").status_code == 200
    assert len(logged(app, "declined")) == 1


def test_one_click_is_bounded_as_every_form_is(app: App) -> None:
    path = "/u/" + sign(DECLINE, (KEY, "ada", "weekly"), app.secret)
    for content_type in (FORM, PARTS):
        assert post(app, path, IN_PARTS + "x" * 50_000, content_type).status_code == 413
    assert logged(app, "declined") == []


@pytest.mark.parametrize("headers", [OURS, {"Origin": "http://planning.example"}, {}])
def test_our_own_button_stops_a_kind_of_message_in_every_browser(app: App, headers: dict[str, str]) -> None:
    path = "/u/" + sign(DECLINE, (KEY, "ada", "weekly"), app.secret)
    form, button = elements(visit(app, path), "form", "button")
    said = {button.given["name"]: button.given["value"]}
    page = visit(app, path + form.given["action"], form.given["method"].upper(), headers, **said)

    assert "you no longer get the digest of each week" in page.text


def test_what_is_sent_from_our_own_origin_needs_no_words_and_from_another_it_does(app: App) -> None:
    path = "/u/" + sign(DECLINE, (KEY, "ada", "weekly"), app.secret)
    for elsewhere in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
    ):
        assert (visit(app, path, "POST", elsewhere).status_code, logged(app, "declined")) == (400, [])

    assert "you no longer get" in press(app, path).text


def test_what_was_stopped_can_be_had_again_from_our_own_page_only(app: App, mailer: FakeMailer) -> None:
    path = "/u/" + sign(DECLINE, (KEY, "ada", "weekly"), app.secret)
    mail = app.settings.mail.model_copy(update={"tell_admins": True})
    app.settings = app.settings.model_copy(update={"mail": mail})
    press(app, path)
    round_at(app, "2027-02-16")
    elsewhere = visit(app, path + "?again=true", "POST", {"Sec-Fetch-Site": "cross-site"})
    assert (elsewhere.status_code, logged(app, "decline_taken_back")) == (403, [])

    page = visit(app, path + "?again=true", "POST", {"Sec-Fetch-Site": "same-origin"})
    assert "you get the digest of each week again" in page.text
    (event,) = logged(app, "decline_taken_back")
    assert event.detail == {"contact": "ada", "kinds": ["weekly"]}
    round_at(app, "2027-02-22")
    rows = ledger(app, contact_key="ada", kind="weekly")
    assert [(status, reason) for *_, status, reason in rows] == [("cancelled", "declined"), ("sent", None)]
    assert prove(app, KEY).breaches == ()


def test_what_is_a_duty_to_tell_comes_whoever_declined_it(app: App, mailer: FakeMailer) -> None:
    press(app, "/u/" + sign(DECLINE, (KEY, "ann", "reminder"), app.secret))
    mailer.sent.clear()
    round_at(app, "2027-02-15")

    assert ANN.email in mailer.recipients()


def _active(app: App):
    with app.database.reading() as connection:
        return (read_active(connection, KEY),)
