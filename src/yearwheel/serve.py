"""One machine: pages, bells and Prefect's server in one process that starts and stops as one."""

import asyncio
import fcntl
import importlib
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from yearwheel.bootstrap import use_app
from yearwheel.engine import PrefectServer, usual_port
from yearwheel.scheduler import make_scheduler
from yearwheel.services.app import App, Refused
from yearwheel.services.status import running_cycles
from yearwheel.web.app import create_web

PATIENCE = 5.0  # seconds a round that is under way has to finish when we are asked to stop
WATCH = 2.0  # seconds between looks at the Prefect server

log = logging.getLogger(__name__)


def serve(app: App, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Refused when this data folder is being served already."""
    address = f"http://{host}:{port}"
    # uvicorn raises the signal that stopped it once more; as an exit it passes through our own endings.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with _only_one(app.settings.data_dir, address):
        server = PrefectServer(app.settings.data_dir / "prefect", ui=True, port=usual_port())
        with server.launched(), use_app(app):
            web = create_web(app, prefect_url=server.url, lifespan=_bells(app, server))
            config = uvicorn.Config(
                web,
                host=host,
                port=port,
                log_level="warning",
                timeout_graceful_shutdown=2,
                server_header=False,
            )
            print(f"Yearwheel on {address}, runs in Prefect on {server.url}", flush=True)
            uvicorn.Server(config).run()


def _bells(app: App, server: PrefectServer) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The scheduler and the watch over Prefect's server live as long as the pages do."""

    @asynccontextmanager
    async def lifespan(_web: FastAPI) -> AsyncIterator[None]:
        under_way: set[asyncio.Task[None]] = set()

        async def ring(flow: str, cycle_key: str, as_of: str) -> None:
            task = asyncio.create_task(_run(server, flow, cycle_key, as_of))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            await asyncio.shield(task)

        scheduler = make_scheduler(lambda: running_cycles(app), ring, app.clock)
        scheduler.start()
        watch = asyncio.create_task(_keep_up(server))
        try:
            yield
        finally:
            scheduler.pause()
            watch.cancel()
            if under_way:
                # What it has not finished is found by the next round; a message in doubt is marked so.
                await asyncio.wait(under_way, timeout=PATIENCE)
            scheduler.shutdown(wait=False)

    return lifespan


async def _run(server: PrefectServer, flow: str, cycle_key: str, as_of: str) -> None:
    # The first import of Prefect takes two seconds; pages answer meanwhile.
    module = await asyncio.to_thread(importlib.import_module, f"yearwheel.flows.{flow}")
    runs = await asyncio.to_thread(importlib.import_module, "yearwheel.flows.runs")
    await asyncio.to_thread(server.wait_ready)
    ids = {"cycle": cycle_key} if cycle_key else {}
    async with runs.session(server.api_url):
        await getattr(module, flow)(**ids, as_of=as_of)


async def _keep_up(server: PrefectServer) -> None:
    """Start Prefect's server again when it has died. Nothing of ours is lost meanwhile."""
    while True:
        await asyncio.sleep(WATCH)
        if not server.is_running():
            log.warning("the Prefect server ended; starting it again")
            server.launch()


@contextmanager
def _only_one(data_dir: Path, address: str) -> Iterator[None]:
    """Hold the data folder's lock; the kernel lets go of it however we end."""
    with (data_dir / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = json.loads(lock.read() or "{}")
            raise Refused(
                f"{data_dir} is being served already: process {holder.get('pid', '?')}, "
                f"{holder.get('address', 'address not written yet')}. "
                "Stop that one, or give another data folder."
            ) from error
        lock.truncate(0)
        json.dump({"pid": os.getpid(), "address": address}, lock)
        lock.flush()
        yield
