"""Tasks are opened once, whoever else is about to."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

from tests.apps import at
from yearwheel.store import tasks
from yearwheel.store.database import Database
from yearwheel.store.tasks import NOT_TAKEN, Task

TASK = Task("KY", NOT_TAKEN, "OET", "small-2027", "look at the server", at("2027-02-15"))


def test_of_two_that_open_the_same_task_at_the_same_moment_one_does(database: Database) -> None:
    def open_it() -> bool:
        with database.writing() as work:
            opened = tasks.open_once(work.connection, TASK)
            work.commit()
        return opened

    with ThreadPoolExecutor(1) as other, database.writing() as work:
        assert tasks.open_once(work.connection, TASK)
        later = other.submit(open_it)
        sleep(0.3)
        assert not later.done()
        work.commit()
        assert later.result() is False

    with database.reading() as connection:
        assert [task.what for task in tasks.list_open(connection, "KY")] == [TASK.what]
