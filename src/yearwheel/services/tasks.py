"""The tasks of a state: look at them, and say that one is done."""

from yearwheel.notifications.requests import RequestKind
from yearwheel.services.answered import retire_answered
from yearwheel.services.app import App, Refused
from yearwheel.store import events, tasks
from yearwheel.store.events import Event
from yearwheel.store.tasks import Task

# Somebody waits for the answer to these: they close when it is given.
ANSWERED = (RequestKind.MORE_TIME, RequestKind.HAND_OVER)


def list_tasks(app: App, state: str) -> list[Task]:
    """Open tasks, oldest first."""
    with app.database.reading() as connection:
        return tasks.list_open(connection, state)


def close_task(app: App, state: str, number: int, *, by: str) -> None:
    """Close a task.

    Refused if none of that number is open, and where somebody waits for its answer.
    """
    now = app.clock.now()
    with app.database.writing() as work:
        open_ = {task.id: task for task in tasks.list_open(work.connection, state)}
        if number in open_ and open_[number].kind in ANSWERED:
            # The commands that give the answer stand in the task itself.
            raise Refused(f"somebody waits for the answer to task {number}; give it: {open_[number].what}")
        if not tasks.close(work.connection, state, number, by, now):
            raise Refused(f"no open task has the number {number}; tasks list has them")
        retire_answered(work.connection, now)
        events.append(work.connection, [Event(now, by, "task_closed", detail={"task": number})])
        work.commit()
