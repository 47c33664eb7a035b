"""The press makes a message of a letter, and sets one aside that cannot be one."""

from tests.letters import letter
from yearwheel.notifications.press import Printed, Spoiled, print_letter


def test_a_letter_is_printed_the_same_each_time_with_its_reader_in_its_head() -> None:
    first, again = print_letter(letter()), print_letter(letter())

    assert isinstance(first, Printed)
    assert first == again
    assert b"To: Pat Morgan <pat.morgan@adair.example>\r\n" in first.raw


def test_a_name_that_would_start_a_header_spoils_its_own_letter_only() -> None:
    bad = print_letter(letter()._replace(to_name="Pat\r\nBcc: all@x.example"))

    assert isinstance(bad, Spoiled)
    assert bad.header == "To"
    assert isinstance(print_letter(letter()), Printed)
