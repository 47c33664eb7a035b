"""`dbos_steps.py FILE STEPS`: the seconds that DBOS takes over trivial durable steps, kept in that file."""

import sys
import time

from dbos import DBOS, DBOSConfig


@DBOS.step()
def step(number: int) -> int:
    return number


@DBOS.workflow()
def workflow(steps: int) -> int:
    return sum(step(number) for number in range(steps))


def main(file: str, steps: int) -> None:
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": f"sqlite:///{file}",
        "run_admin_server": False,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
    workflow(10)
    began = time.perf_counter()
    workflow(steps)
    taken = time.perf_counter() - began
    DBOS.destroy()
    print(taken)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
