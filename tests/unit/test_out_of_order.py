"""Nothing is put on record before the newest round: the ledger could no longer be told from its events."""

import pytest

from tests.apps import KEY, begun, hand_in, round_at, set_clock
from yearwheel.services.decide import Decision, decide
from yearwheel.services.prove import prove
from yearwheel.store.events import OutOfOrder


@pytest.fixture
def app(sqlite_database):
    return begun(sqlite_database)


def test_an_act_long_before_the_newest_round_is_refused_and_changes_nothing(app) -> None:
    round_at(app, "2027-02-15")
    hand_in(app, "budget", "001", by="Ann")
    set_clock(app, "2026-11-22")

    with pytest.raises(OutOfOrder, match=r"newest round of small-2027 was for 2027-02-15 .* lies before it"):
        decide(app, KEY, [Decision("budget", "001", "Ray", changes="more")])

    set_clock(app, "2027-02-16")
    assert prove(app, KEY).breaches == ()
