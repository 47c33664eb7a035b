"""Whether a mail server's answer is about one reader, or about our message and our server."""

import pytest

from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Result
from yearwheel.notifications.refusals import blames_address, concerns_reader


@pytest.mark.parametrize(
    ("answer", "blames", "concerns"),
    [
        (Result(Attempt.REFUSED, "550", "5.1.1 no such user"), True, True),
        (Result(Attempt.REFUSED, "550", "no such user"), True, True),
        (Result(Attempt.REFUSED, "550", "5.2.1 mailbox disabled"), True, True),
        (Result(Attempt.REFUSED, "552", "5.2.2 mailbox full"), False, True),
        (Result(Attempt.REFUSED, "552", "5.2.3 message too long"), False, True),
        (Result(Attempt.DEFERRED, "452", "4.2.2 mailbox full"), False, True),
        (Result(Attempt.DEFERRED, "451", "4.3.0 try again later"), False, False),
        (Result(Attempt.DEFERRED, "451", "greylisted"), False, False),
        (Result(Attempt.REFUSED, "550", "5.7.1 not allowed"), False, False),
        (Result(Attempt.REFUSED, "553", "5.1.8 bad sender"), False, False),
        (Result(Attempt.REFUSED, "554", "looks like advertising"), False, False),
        (Result(Attempt.REFUSED, "550", "5.4.1 Recipient address rejected: Access denied"), True, True),
        (Result(Attempt.REFUSED, "550", "5.5.0 Requested action not taken: mailbox unavailable"), True, True),
        (
            Result(Attempt.REFUSED, "550", "5.7.1 <a@b.example>: Recipient address rejected: user unknown"),
            False,
            True,
        ),
        (Result(Attempt.REFUSED, "550", "5.7.1 <spam@b.example>: Recipient unknown"), False, True),
        (Result(Attempt.REFUSED, "552", "mailbox full"), False, True),
        (Result(Attempt.REFUSED, "552", "message too large"), False, False),
        (Result(Attempt.DEFERRED, "450", "mailbox busy"), False, True),
        (Result(Attempt.DEFERRED, "450", "greylisted, come back in 5 minutes"), False, False),
        (
            Result(Attempt.DEFERRED, "450", "4.7.1 Client host rejected: cannot find your hostname"),
            False,
            False,
        ),
        (Result(Attempt.REFUSED, "550", "Sender address rejected: Access denied"), False, False),
        (Result(Attempt.REFUSED, "550", "relaying denied"), False, False),
        (Result(Attempt.REFUSED, "550", "5.4.1 the domain of the sender does not exist"), False, False),
    ],
)
def test_only_a_final_answer_blames_an_address_but_a_full_mailbox_is_one_readers_too(
    answer: Result, blames: bool, concerns: bool
) -> None:
    assert (blames_address(answer), concerns_reader(answer)) == (blames, concerns)
