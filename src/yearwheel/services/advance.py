"""The round, run directly: the same steps, in the same order, that the flows take through Prefect."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field

from yearwheel.services.app import App
from yearwheel.services.deliver import DeliveryReport, deliver
from yearwheel.services.queue_mail import QueueReport, queue_mail
from yearwheel.services.rounds import StageReport, finish_round, stages_with_work, work_stage


@dataclass(slots=True)
class RoundReport:
    """What one round did."""

    stages: list[StageReport] = field(default_factory=list)
    queued: QueueReport = field(default_factory=QueueReport)
    delivered: DeliveryReport = field(default_factory=DeliveryReport)


def advance(
    app: App, cycle_key: str, *, delivering: Callable[[], AbstractContextManager[None]] = nullcontext
) -> RoundReport:
    """Work every stage that has something to do, queue the mail, deliver it. Safe to run again.

    Mail is delivered within `delivering`.
    """
    report = RoundReport()
    for work in stages_with_work(app, cycle_key):
        report.stages.append(work_stage(app, cycle_key, work.stage_key))
    report.queued = queue_mail(app, cycle_key)
    stages = [stage.stage_key for stage in report.stages]
    finish_round(app, cycle_key, {"stages": stages, "queued": asdict(report.queued)})
    with delivering():
        report.delivered = deliver(app)
    return report
