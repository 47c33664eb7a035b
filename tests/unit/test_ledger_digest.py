"""One number for a year: the same for the same outcomes, another for any other."""

from tests.apps import KEY, begun, hand_in, round_at, set_clock
from yearwheel.services.ledger_digest import ledger_digest
from yearwheel.store import outbox, reminders


def test_the_digest_does_not_depend_on_how_the_database_sorts(sqlite_database, monkeypatch):
    app = begun(sqlite_database)
    digest = ledger_digest(app, KEY)
    list_outcomes = reminders.list_outcomes
    monkeypatch.setattr(reminders, "list_outcomes", lambda *args: list(reversed(list_outcomes(*args))))

    assert ledger_digest(app, KEY) == digest


def test_the_digest_does_not_depend_on_the_hour(sqlite_database):
    app = begun(sqlite_database)
    digest = ledger_digest(app, KEY)
    set_clock(app, "2027-01-11 15:00")

    assert ledger_digest(app, KEY) == digest


def test_any_change_of_outcome_changes_the_digest(sqlite_database):
    app = begun(sqlite_database)
    seen = [ledger_digest(app, KEY)]
    round_at(app, "2027-02-01")
    seen.append(ledger_digest(app, KEY))
    hand_in(app, "budget", "001")
    seen.append(ledger_digest(app, KEY))
    with app.database.writing() as work:
        row = outbox.list_messages(work.connection, cycle_key=KEY)[0]
        outbox.move(work.connection, [row["id"]], [row["status"]], "uncertain", app.clock.now())
        work.commit()
    seen.append(ledger_digest(app, KEY))

    assert len(set(seen)) == len(seen)
