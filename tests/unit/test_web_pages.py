"""Every page: readable by people and their machines, strict in what it loads, human where something fails."""

import re
from datetime import date
from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path

import pytest

from tests.apps import ADA, ANN, BOB, KEY, RAY, begun, hand_in, round_at, set_clock
from tests.browser import elements, home_of, links, visit, words
from tests.fakes import FakeMailer
from yearwheel.notifications.catalog import CATALOG, may_decline
from yearwheel.notifications.tokens import DECLINE, sign
from yearwheel.roster.people import Role
from yearwheel.services.app import App
from yearwheel.services.extend import Extension, extend
from yearwheel.store import standings
from yearwheel.web.app import HEADERS
from yearwheel.web.words import KINDS

STYLE = (Path(__file__).parents[2] / "src/yearwheel/web/static/site.css").read_text("utf-8")


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def app(sqlite_database, mailer, tmp_path) -> App:
    app = begun(sqlite_database, mailer, data_dir=tmp_path)
    round_at(app, "2027-02-01")
    hand_in(app, "budget", "001", "002")
    round_at(app, "2027-03-03")
    return app


def reachable(app: App, *starts: str) -> dict[str, int]:
    """Every path that can be reached by following links, and how it answers."""
    found: dict[str, int] = {}
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        page = visit(app, path)
        found[path] = page.status_code
        if "text/html" in page.headers["content-type"]:
            waiting += [link for link in links(page) if link not in found and link not in waiting]
    return found


def every_page(app: App) -> dict[str, str]:
    starts = ("/", f"/{KEY}", *(home_of(app, contact) for contact in (ANN, BOB, ADA, RAY)))
    paths = [path for path in reachable(app, *starts) if not path.startswith("/static/")]
    return {name: path for path in [*paths, "/nowhere", "/l/AAAA"] for name in [path[-30:]]}


def test_no_link_on_any_page_leads_nowhere(app: App) -> None:
    starts = [home_of(app, contact) for contact in (ANN, BOB, ADA, RAY)]
    found = reachable(app, "/", f"/{KEY}", f"/{KEY}/003", *starts)

    assert {path: status for path, status in found.items() if status != 200} == {}
    assert {
        f"{starts[0]}/001/plan",
        f"{starts[2]}/003",
        "/static/site.css",
        "/static/year.css",
    } <= found.keys()


def test_no_link_in_any_letter_leads_nowhere(app: App, mailer: FakeMailer) -> None:
    for day in ("2027-03-08", "2027-04-08", "2027-04-15"):
        round_at(app, day)
    found = {
        path
        for envelope in mailer.sent
        for path in re.findall(r"http://planning\.example(/[^\s\"<>]*)", _text_of(envelope.raw))
    }
    set_clock(app, "2027-02-02")  # while the first letters' links still work
    answers = {path: visit(app, path).status_code for path in found}

    assert len({path.count("/") for path in found}) > 1
    assert {path: status for path, status in answers.items() if status != 200} == {}


def test_each_page_has_its_language_its_landmarks_one_headline_and_no_level_left_out(app: App) -> None:
    for path in every_page(app).values():
        page = visit(app, path)
        tags = [element.tag for element in elements(page)]
        levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
        assert elements(page, "html")[0].given == {"lang": "en"}
        assert (tags.count("main"), tags.count("h1"), tags.count("title")) == (1, 1, 1)
        assert {"header", "footer"} <= set(tags)
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), path
        assert re.search(r"<title>[^<]+</title>", page.text)


def test_each_page_names_what_it_holds(app: App) -> None:
    for path in every_page(app).values():
        page = visit(app, path)
        ids = [element.given["id"] for element in elements(page) if "id" in element.given]
        labelled = {element.given["for"] for element in elements(page, "label")}
        assert len(ids) == len(set(ids))
        for element in elements(page):
            match element.tag:
                case "th":
                    assert element.given.get("scope") in {"row", "col"}
                case "input":
                    assert element.given.get("type") == "hidden" or element.given["id"] in labelled
                case "img" | "svg":
                    assert element.given.keys() & {"alt", "aria-label"}
            named_by = element.given.get("aria-labelledby")
            assert named_by is None or named_by in ids, path


def test_no_page_brings_scripts_styles_of_its_own_or_anything_from_elsewhere(app: App) -> None:
    for path in every_page(app).values():
        page = visit(app, path)
        assert elements(page, "script", "style", "iframe", "object") == []
        assert [
            e for e in elements(page) if any(name == "style" or name.startswith("on") for name in e.given)
        ] == []
        assert {e.given["href"][:8] for e in elements(page, "link")} == {"/static/"}
        assert {name: page.headers[name] for name in HEADERS} == HEADERS
        assert page.headers["cache-control"] == "no-store"


def test_colours_reach_the_contrast_that_small_text_needs() -> None:
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w+)", part)) for part in re.findall(r":root \{(.*?)\}", STYLE, re.S)
    )
    grounds = {
        "ink": ("paper", "card", "quiet"),
        "soft": ("paper", "card"),
        "accent": ("paper", "card"),
        "band-ink": ("band",),
        "band-soft": ("band",),
        "button-ink": ("button",),
        **{f"{tone}-ink": (tone,) for tone in ("ahead", "today", "late", "done", "quiet")},
    }
    for scheme in (light, light | dark):
        weak = [
            (front, back)
            for front, backs in grounds.items()
            for back in backs
            if _contrast(scheme[front], scheme[back]) < 4.5
        ]
        outlines = [name for name in ("focus", "edge") if _contrast(scheme[name], scheme["paper"]) < 3]
        assert (weak, outlines) == ([], [])


@pytest.mark.parametrize(
    "path", ["/nowhere", "/no/where", "/no/where/at-all", "/far/too/many/parts", "/static/no.css"]
)
def test_an_unknown_path_is_answered_in_words(app: App, path: str) -> None:
    page = visit(app, path)

    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert words(page).startswith("There is no such page")


def test_a_wrong_method_is_answered_in_words(app: App) -> None:
    page = visit(app, f"/{KEY}", "DELETE")
    assert (page.status_code, page.headers["allow"], words(page).startswith("This did not work")) == (
        405,
        "GET",
        True,
    )


def test_a_fault_of_ours_is_told_in_words_and_without_details(app: App, monkeypatch) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(standings, "find", fail)
    page = visit(app, home_of(app, ANN))

    assert (page.status_code, words(page).startswith("Something went wrong on our side")) == (500, True)
    assert [word for word in ("swordfish", "RuntimeError", "Traceback", "Ann") if word in page.text] == []
    assert {name: page.headers[name] for name in HEADERS} == HEADERS


def test_the_first_page_and_the_health_of_the_installation(app: App) -> None:
    assert "Small planning 2027" in words(visit(app, "/"))
    assert f"/{KEY}" in links(visit(app, "/"))
    health = visit(app, "/healthz").json()
    assert (health["ok"], health["cycles"], health["last_round"]) == (True, 1, "2027-03-03T15:00:00+00:00")


def test_the_first_page_says_only_of_published_dates_that_none_lies_ahead(app: App) -> None:
    extend(app, KEY, [Extension("plan", "001", date(2027, 6, 30))], by="Ada", why="flood", force=True)
    set_clock(app, "2027-06-02")
    page = words(visit(app, "/"))

    assert "No published date lies ahead." in page
    assert "June 30" not in page  # a district's own day is not for everybody


def test_the_page_that_stops_a_kind_of_message_is_one_of_ours(app: App) -> None:
    page = visit(app, "/u/" + sign(DECLINE, (KEY, "ada", "weekly"), app.secret))
    assert "Ada, shall we stop the digest of each week?" in words(page)


def test_whatever_a_reader_may_stop_has_a_name_on_that_page() -> None:
    declinable = {kind for kind in CATALOG for role in Role if may_decline(kind, role, statutory=False)}
    assert set(KINDS) == declinable


def _text_of(raw: bytes) -> str:
    body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    return body.get_content() if body else ""


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
