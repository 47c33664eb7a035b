"""Text that people typed can be read in a letter, and nothing in it becomes a link."""

import re

import pytest

from yearwheel.notifications.untrusted import WORD_JOINER, Address, lines, one_line

# What mail readers are known to turn into links: a scheme, a name with a dot before letters, an address.
LINKED = re.compile(
    r"[a-z][a-z0-9+.-]*://|\b\w+[.。．｡]\w*[^\W\d_]|\S@\w|\b(mailto|javascript|tel):\S|\d\.\d+\.\d", re.I
)


@pytest.mark.parametrize(
    "hostile",
    [
        "Adair http://evil.example/ <a href=x>",
        "HTTPS://EVIL.EXAMPLE",
        "see evil.example/pay now",
        "www.evil.example",
        "evil。example",
        "http:x:////evil.example",
        "hthttp://tp://evil.example",
        "mailto:x@evil.example",
        "javascript:alert(1)",
        "ftp://10.0.0.1/x",
        "http://localhost/pay",
        "x@evil.example",
        "tel:+15025550100",
        "evil.xn--p1ai",
        "пример.рф",
        "a.b.c.d.example",
    ],
)
def test_nothing_becomes_a_link(hostile: str) -> None:
    assert LINKED.search(hostile)
    assert not LINKED.search(one_line(hostile))


@pytest.mark.parametrize(
    "ordinary",
    [
        "Adair County",
        "St. Mary's, Mt. Sterling",
        "KRS 160.470(6)(a)",
        "O'Neil & Sons <Ltd>",
        "1,234.50 dollars: 3.5 % more",
        "École Zoë",
        "Note: the board met.",
        "data: none",
    ],
)
def test_ordinary_text_is_left_alone(ordinary: str) -> None:
    assert one_line(ordinary) == ordinary


def test_an_address_of_ours_can_be_copied_and_the_same_letters_typed_by_somebody_cannot() -> None:
    assert one_line(Address("pat@ash.example")) == "pat@ash.example"
    assert not LINKED.search(one_line("pat@ash.example"))


def test_the_reader_still_sees_every_word() -> None:
    assert (
        one_line("see evil.example or x@y.example").replace(WORD_JOINER, "")
        == "see evil.example or x@y.example"
    )


def test_control_characters_and_direction_overrides_are_gone() -> None:
    assert one_line("Ad\x00a\x1bir\u202e \u2066County\ufeff\x7f") == "Adair County"


def test_invisible_characters_do_not_hide_a_link() -> None:
    assert not LINKED.search(one_line("ht\u200btp://ev\u00adil\u200b.exa\u2060mple"))


def test_line_breaks_become_spaces_in_one_line_and_stay_in_lines() -> None:
    assert one_line("Adair\r\nBcc: x\u2028y") == "Adair Bcc: x y"
    assert lines("first\r\n\r\n  second \x0bthird") == ("first", "second", "third")
