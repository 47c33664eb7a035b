"""A bounce names its message by the address it comes back to."""

import pytest

from yearwheel.notifications.mime import message_id
from yearwheel.notifications.verp import parse, sender_for

MESSAGE = message_id("kentucky-2027/pat/2027-01-24/1", "oet.example")
DIGEST = MESSAGE[1:41]


def test_the_address_leads_back_to_the_message() -> None:
    address = sender_for(MESSAGE, "bounces.example")
    assert address == f"bounce+{DIGEST}@bounces.example"
    assert parse(address) == DIGEST


def test_the_local_part_is_short_enough_for_every_server() -> None:
    assert len(sender_for(MESSAGE, "x.example").partition("@")[0]) <= 64  # RFC 5321 4.5.3.1.1


@pytest.mark.parametrize("change", [str.upper, lambda a: f"<{a}>", lambda a: f" {a}\n"])
def test_servers_may_change_case_and_brackets(change) -> None:
    assert parse(change(sender_for(MESSAGE, "bounces.example"))) == DIGEST


@pytest.mark.parametrize(
    "address", ["", "pat@adair.example", "bounce+@x.example", "bounce+123@x.example", f"{DIGEST}@x.example"]
)
def test_other_addresses_lead_nowhere(address: str) -> None:
    assert parse(address) is None


def test_a_foreign_message_id_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a Message-ID of ours"):
        sender_for("<evil\r\nBcc: x@x.example>", "bounces.example")
