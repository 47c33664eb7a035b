"""Alerts to the state's admins about what went wrong since they were told last."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from yearwheel.notifications.alerts import AlertKind, Trouble, raise_alerts, rung_of
from yearwheel.notifications.ledger import NoticeKind, OutboxStatus, PlannedReminder
from yearwheel.notifications.refusals import concerns_reader, said
from yearwheel.notifications.whole_cycle import tell
from yearwheel.roster.people import Role, Roster
from yearwheel.services.active import Active
from yearwheel.store import Connection, notices, outbox, pauses, rounds

UNCERTAIN = OutboxStatus.UNCERTAIN


def alerts(
    connection: Connection, active: Active, roster: Roster, written: Mapping[str, datetime], now: datetime
) -> list[PlannedReminder]:
    """An alert for each trouble that the state's admins were not told of today; `written`: earlier ones."""
    on = active.day(now)
    return [
        reminder
        for kind, table in raise_alerts(_trouble(connection, active, roster, written, now)).items()
        if rung_of(kind, on) not in written
        for reminder in tell(
            active.cycle, roster, [Role.STATE_ADMIN], NoticeKind.ALERT, rung_of(kind, on), table, now
        )
    ]


def _trouble(
    connection: Connection, active: Active, roster: Roster, written: Mapping[str, datetime], now: datetime
) -> Trouble:
    on, key = active.day(now), active.key
    last_round, oldest = rounds.newest(connection, key), notices.waiting_since(connection, key, now)
    halts = pauses.list_pauses(connection, key)
    if last_round and halts and halts[-1].until:  # while it was paused or closed none had to run
        last_round = max(last_round, halts[-1].until)
    refused = notices.refused_mail(connection, key, _told(active, written, AlertKind.REFUSED))
    told = _told(active, written, AlertKind.CAME_BACK)
    back = notices.given_up(connection, active.state, key, told)
    nobody: dict[str, list[str]] = defaultdict(list)
    for role, code in notices.empty_roles(connection, key, _told(active, written, AlertKind.ROLE_EMPTY)):
        nobody[role].append(roster.districts[code].name)
    return Trouble(
        key,
        on,
        active.cycle.workdays.shift(on, -1),
        active.day(last_round) if last_round else None,
        active.day(oldest) if oldest else None,
        uncertain=outbox.count_by_status(connection, key, [UNCERTAIN]).get(UNCERTAIN, 0),
        empty_roles=nobody,
        refused=tuple(recipient for recipient, answer in refused if concerns_reader(answer)),
        not_taken=tuple(said(answer) for _, answer in refused if not concerns_reader(answer)),
        came_back=tuple((address, roster.districts[code].name) for address, code in back),
    )


def _told(active: Active, written: Mapping[str, datetime], kind: AlertKind) -> datetime:
    """When the newest alert of a kind was written; before the first, the publication."""
    assert active.stored.published_at is not None
    earlier = (at for rung, at in written.items() if rung.startswith(f"{NoticeKind.ALERT}:{kind}:"))
    return max(earlier, default=active.stored.published_at)
