"""A person's reason is there where one is needed, and never so long that nobody reads it."""

from datetime import date

import pytest

from tests.apps import KEY, SOURCE, begun, ledger, round_at
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.services.app import Refused
from yearwheel.services.change_calendar import save_change
from yearwheel.services.cycles import close_cycle
from yearwheel.services.disaster import declare_disaster
from yearwheel.services.excuse import excuse, reinstate
from yearwheel.services.extend import Extension, extend, take_back_extension
from yearwheel.services.mass import NewDay, excuse_many, extend_many, undo
from yearwheel.services.more_time import ask, refuse
from yearwheel.services.outbox_desk import Desk, approve, move_messages
from yearwheel.services.pause import pause_cycle
from yearwheel.services.reasons import LONGEST_REASON
from yearwheel.services.relief import end_relief
from yearwheel.services.reopen import reopen_cycle
from yearwheel.services.selection import Selection
from yearwheel.services.submit import HandIn, submit
from yearwheel.services.upkeep import resolve

UNTIL = date(2027, 3, 10)
ALL = Selection(everyone=True)
PLACE = ("budget", "001")
ACTS = {
    "extend": lambda app, why: extend(app, KEY, [Extension(*PLACE, UNTIL)], by="ada", why=why),
    "take back": lambda app, why: take_back_extension(app, KEY, *PLACE, by="ada", why=why),
    "excuse": lambda app, why: excuse(app, KEY, *PLACE, by="ada", why=why),
    "reinstate": lambda app, why: reinstate(app, KEY, *PLACE, by="ada", why=why),
    "extend many": lambda app, why: extend_many(app, KEY, ALL, (), NewDay(UNTIL), by="ada", why=why),
    "excuse many": lambda app, why: excuse_many(app, KEY, ALL, ["budget"], by="ada", why=why),
    "undo": lambda app, why: undo(app, KEY, "abc", by="ada", why=why),
    "disaster": lambda app, why: declare_disaster(app, KEY, ALL, UNTIL, by="ada", why=why),
    "end a disaster": lambda app, why: end_relief(app, KEY, 1, by="ada", why=why),
    "change": lambda app, why: save_change(app, KEY, SOURCE + "\n", by="ada", why=why),
    "pause": lambda app, why: pause_cycle(app, KEY, by="ada", why=why),
    "close": lambda app, why: close_cycle(app, KEY, by="ada", why=why),
    "reopen": lambda app, why: reopen_cycle(app, KEY, by="ada", why=why),
    "approve mail": lambda app, why: approve(app, KEY, None, by="ada", why=why),
    "hold mail": lambda app, why: move_messages(app, KEY, [1], Desk.HOLD, by="ada", why=why),
    "settle a doubt": lambda app, why: resolve(app, [1], OutboxStatus.SENT, by="ada", why=why),
    "ask for time": lambda app, why: ask(app, KEY, *PLACE, UNTIL, by="Ann", why=why),
    "refuse time": lambda app, why: refuse(app, KEY, *PLACE, by="ada", why=why),
    "hand in late": lambda app, why: submit(app, KEY, [HandIn(*PLACE, {}, "Ann", force_why=why)]),
}


@pytest.fixture
def app(sqlite_database):
    app = begun(sqlite_database)
    round_at(app, "2027-02-01")
    return app


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_reason_that_nobody_would_read_is_refused_and_nothing_changes(app, act):
    before = ledger(app)
    with pytest.raises(Refused, match="a reason may have 2,000 characters, and this one has 2,001; say it"):
        act(app, "x" * (LONGEST_REASON + 1))
    assert ledger(app) == before


def test_the_longest_reason_is_taken(app):
    extend(app, KEY, [Extension(*PLACE, UNTIL)], by="ada", why="x" * LONGEST_REASON)


@pytest.mark.parametrize(
    "name", ["extend", "excuse", "extend many", "excuse many", "disaster", "end a disaster", "change"]
)
def test_what_moves_dates_or_reminders_needs_a_reason(app, name):
    with pytest.raises(Refused, match=r"needs a reason.*: --why"):
        ACTS[name](app, "  ")
