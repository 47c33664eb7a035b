"""What an operator hears of, and what they do not."""

from dataclasses import replace
from datetime import date

import pytest

from tests.apps import KEY
from yearwheel.notifications.alerts import AlertKind, Trouble, raise_alerts, rung_of
from yearwheel.notifications.untrusted import WORD_JOINER, Address, one_line
from yearwheel.notifications.whole_cycle import read_table, write_table

MONDAY = date(2027, 3, 8)
FRIDAY, THURSDAY = date(2027, 3, 5), date(2027, 3, 4)
CALM = Trouble(KEY, MONDAY, previous_workday=FRIDAY, last_round_on=FRIDAY, waiting_since=None)


def test_a_calm_day_raises_nothing() -> None:
    assert raise_alerts(CALM) == {}


@pytest.mark.parametrize(
    ("last_round_on", "waiting_since", "raised"),
    [
        (FRIDAY, THURSDAY, False),  # a round was there on the working day before
        (THURSDAY, FRIDAY, False),  # nothing was due on the day without one
        (THURSDAY, THURSDAY, True),
        (THURSDAY, None, False),
        (None, THURSDAY, False),  # the first round
    ],
)
def test_a_working_day_without_a_round_counts_only_if_something_waited(
    last_round_on: date | None, waiting_since: date | None, raised: bool
) -> None:
    trouble = replace(CALM, last_round_on=last_round_on, waiting_since=waiting_since)
    assert (AlertKind.NO_ROUND in raise_alerts(trouble)) is raised


def test_messages_in_doubt_are_counted() -> None:
    for count, words in ((1, "1 letter"), (2, "2 letters")):
        (((what, _),),) = raise_alerts(replace(CALM, uncertain=count)).values()
        assert what == words


def test_empty_roles_are_named_with_their_districts() -> None:
    roles = {"superintendent": ["Ash County"], "finance_officer": [f"District {n}" for n in range(7)]}
    (table,) = raise_alerts(replace(CALM, empty_roles=roles)).values()
    assert [what for what, _ in table] == [
        "Finance officer of District 0, District 1, District 2, District 3, District 4 and 2 more",
        "Superintendent of Ash County",
    ]


def test_each_refused_address_stands_alone_so_that_it_can_be_copied() -> None:
    (table,) = raise_alerts(replace(CALM, refused=("ann@ash.example", "bob@birch.example"))).values()
    todo = "The mail server takes no letters for it. Correct it in the roster"
    assert table == (("ann@ash.example", todo), ("bob@birch.example", todo))
    assert all(type(what) is Address for what, _ in read_table(write_table(table)))


def test_letters_that_no_address_is_to_blame_for_are_one_line_with_the_servers_most_frequent_words() -> None:
    answers = ("554 5.7.1 spam", "550 5.7.26 no SPF", "550 5.7.26 no SPF")
    trouble = replace(CALM, refused=("ann@ash.example",), not_taken=answers)
    assert raise_alerts(trouble) == {
        AlertKind.REFUSED: (
            (
                "3 letters not taken",
                "No address is to blame. The mail server says: '550 5.7.26 no SPF'. Settle it with who runs "
                "that. To see them: yearwheel outbox list --status failed --cycle small-2027; "
                "to send them again: yearwheel outbox retry --all --cycle small-2027",
            ),
            (
                "ann@ash.example",
                "The mail server takes no letters for it. Correct it in the roster",
            ),
        )
    }


def test_a_servers_words_are_no_link_of_ours_and_no_endless_line() -> None:
    words = "550 5.7.1\tsee https://evil.example or ann@evil.example\n" + "x" * 1_000
    (table,) = raise_alerts(replace(CALM, not_taken=(words,))).values()
    ((what, told),) = read_table(write_table(table))
    assert (what, type(told), len(told) < 450) == ("1 letter not taken", str, True)
    shown = one_line(told)
    assert [link in shown for link in ("https://", "evil.example", "ann@evil")] == [False, False, False]


def test_of_many_refused_addresses_the_rest_is_counted() -> None:
    (table,) = raise_alerts(replace(CALM, refused=tuple(f"p{n}@ash.example" for n in range(7)))).values()
    assert table[-1] == (
        "2 more addresses",
        "Were refused, too. See them: yearwheel outbox list --status failed --cycle small-2027",
    )
    assert len(table) == 6


def test_an_address_inside_a_name_is_not_one_of_ours() -> None:
    (table,) = raise_alerts(replace(CALM, empty_roles={"superintendent": ["x@evil.example"]})).values()
    ((what, words),) = read_table(write_table(table))
    assert (type(what), type(words)) == (str, str)
    assert WORD_JOINER in one_line(what)


def test_there_is_one_name_for_each_kind_and_day() -> None:
    assert len({rung_of(kind, day) for kind in AlertKind for day in (FRIDAY, MONDAY)}) == 2 * len(AlertKind)
