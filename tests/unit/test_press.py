"""The press prints in order, the same on one core and on two, and sets a spoiled letter aside."""

from dataclasses import replace

from tests.letters import letter
from yearwheel.notifications.press import WORTH_SHARING, OnePress, Printed, Spoiled, TwoPresses


def test_two_presses_print_what_one_prints_in_the_same_order() -> None:
    letters = [letter(to_name=f"Reader {n}", message_id=f"<{n}@x.example>") for n in range(WORTH_SHARING + 3)]
    alone = OnePress().print(letters)

    with TwoPresses() as presses:
        together = presses.print(letters)

    assert together == alone
    assert [isinstance(one, Printed) for one in alone] == [True] * len(letters)


def test_a_name_that_would_start_a_header_spoils_its_own_letter_only() -> None:
    good = letter(message_id="<1@x.example>")
    bad = replace(good, to_name="Pat\r\nBcc: all@x.example", message_id="<2@x.example>")

    first, second = OnePress().print([bad, good])

    assert isinstance(first, Spoiled)
    assert first.header == "To"
    assert isinstance(second, Printed)


def test_a_press_that_was_killed_leaves_its_work_to_the_other() -> None:
    letters = [letter(to_name=f"Reader {n}", message_id=f"<{n}@x.example>") for n in range(WORTH_SHARING)]

    with TwoPresses() as presses:
        presses.print(letters)
        (second,) = presses._second._processes.values()
        second.kill()
        second.join()

        assert presses.print(letters) == OnePress().print(letters)
