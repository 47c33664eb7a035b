"""`procrastinate_jobs.py CONNINFO JOBS`: the seconds that procrastinate takes over trivial jobs that wait."""

import asyncio
import sys
import time

from procrastinate import App, PsycopgConnector


async def main(conninfo: str, jobs: int) -> None:
    app = App(connector=PsycopgConnector(conninfo=conninfo))

    @app.task
    async def job(number: int) -> int:
        return number

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await job.batch_defer_async(*({"number": number} for number in range(jobs)))
        began = time.perf_counter()
        await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
        print(time.perf_counter() - began)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
