"""What a run is called after: the moment it is given, or the one that Prefect scheduled it for."""

from zoneinfo import ZoneInfo

from prefect.runtime import flow_run

from yearwheel.bootstrap import current_app
from yearwheel.services.bells import as_of
from yearwheel.services.lookup import find_cycle

UTC = ZoneInfo("UTC")


def moment_of_run(cycle: str = "") -> str:
    """The moment this run is scheduled for, else the present: in the cycle's zone, without a cycle in UTC."""
    zone = find_cycle(current_app(), cycle).cycle.zone if cycle else UTC
    return as_of(flow_run.scheduled_start_time, zone)


def name_of_run() -> str:
    """A flow run's name: its cycle, if it has one, its flow, and its moment."""
    given = flow_run.parameters
    cycle = given.get("cycle", "")
    words = (cycle, flow_run.flow_name, given.get("as_of") or moment_of_run(cycle))
    return " · ".join(word for word in words if word)
