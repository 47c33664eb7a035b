"""The press prints in order, the same on one core and on two, and sets a spoiled letter aside."""

from dataclasses import replace

from tests.letters import letter
from yearwheel.notifications.press import AHEAD, SHEAF, OnePress, Printed, Spoiled, TwoPresses

MANY = SHEAF * (AHEAD + 2) + 3  # some sheaves for either press, and a thin one


def test_two_presses_print_what_one_prints_in_the_same_order() -> None:
    letters = [letter(to_name=f"Reader {n}", message_id=f"<{n}@x.example>") for n in range(MANY)]
    alone = list(OnePress().print(letters))

    with TwoPresses() as presses:
        together = list(presses.print(letters))

    assert together == alone
    assert [isinstance(one, Printed) for sheaf in alone for one in sheaf] == [True] * len(letters)


def test_a_name_that_would_start_a_header_spoils_its_own_letter_only() -> None:
    good = letter(message_id="<1@x.example>")
    bad = replace(good, to_name="Pat\r\nBcc: all@x.example", message_id="<2@x.example>")

    ((first, second),) = OnePress().print([bad, good])

    assert isinstance(first, Spoiled)
    assert first.header == "To"
    assert isinstance(second, Printed)


def test_a_press_that_was_killed_leaves_its_work_to_the_other() -> None:
    letters = [letter(to_name=f"Reader {n}", message_id=f"<{n}@x.example>") for n in range(MANY)]

    with TwoPresses() as presses:
        list(presses.print(letters))
        (second,) = presses._second._processes.values()
        second.kill()
        second.join()

        assert list(presses.print(letters)) == list(OnePress().print(letters))
