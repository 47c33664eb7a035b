"""One machine: pages, bells and Prefect's server in one process that starts and stops as one."""

import asyncio
import importlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from fastapi import FastAPI

from yearwheel.bootstrap import use_app
from yearwheel.engine import PrefectServer, usual_port
from yearwheel.scheduler import make_scheduler
from yearwheel.services.app import App
from yearwheel.services.free_port import check_address
from yearwheel.services.ringer import find_ringer
from yearwheel.services.serve_lock import only_one
from yearwheel.services.status import running_cycles
from yearwheel.web.app import create_web

PATIENCE = 5.0  # seconds that what is under way has to finish when we stop; no more mail is offered then
WATCH = 2.0  # seconds between looks at the Prefect server

log = logging.getLogger(__name__)


def serve(app: App, host: str, port: int, *, rings: bool = True) -> None:
    """Serve until SIGTERM or SIGINT. Refused when this data folder is served already or the port is taken.

    Where the bells were handed to Prefect, or with `rings` off, it serves pages only.
    """
    address = f"http://{host}:{port}"
    # uvicorn raises the signal that stopped it once more; as an exit it passes through our own endings.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    ringer = find_ringer(app)
    with only_one(app.settings.data_dir, address, rings=rings and ringer is None), use_app(app):
        check_address(host, port)
        if ringer:
            prefect_url = ringer.api_url.removesuffix("/api")
            print(f"Yearwheel on {address}; Prefect on {prefect_url} rings the bells", flush=True)
            _serve_pages(create_web(app, prefect_url=prefect_url), host, port)
            return
        if not rings:
            print(
                f"Yearwheel on {address}, as at {app.clock.now():%Y-%m-%d %H:%M} UTC; no bell rings",
                flush=True,
            )
            _serve_pages(create_web(app), host, port)
            return
        server = PrefectServer(app.settings.data_dir / "prefect", ui=True, port=usual_port())
        with server.launched():
            print(f"Yearwheel on {address}, runs in Prefect on {server.url}", flush=True)
            _serve_pages(create_web(app, prefect_url=server.url, lifespan=_bells(app, server)), host, port)


def _serve_pages(web: FastAPI, host: str, port: int) -> None:
    config = uvicorn.Config(
        web, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2, server_header=False
    )
    uvicorn.Server(config).run()


def _bells(app: App, server: PrefectServer) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The scheduler and the watch over Prefect's server live as long as the pages do."""

    @asynccontextmanager
    async def lifespan(_web: FastAPI) -> AsyncIterator[None]:
        under_way: set[asyncio.Task[None]] = set()

        async def ring(flow: str, cycle_key: str, as_of: str) -> None:
            if await asyncio.to_thread(find_ringer, app):
                log.warning("the bells were handed to Prefect; this one is not rung here")
                return
            task = asyncio.create_task(_run(server, flow, cycle_key, as_of))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            await asyncio.shield(task)

        scheduler = make_scheduler(
            lambda: running_cycles(app), ring, app.clock, each_minute=app.settings.mail.has_rate
        )
        scheduler.start()
        watch = asyncio.create_task(_keep_up(server))
        try:
            yield
        finally:
            app.stopping.set()
            scheduler.pause()
            watch.cancel()
            if under_way:
                # What it has not finished is found by the next round; a message in doubt is marked so.
                await asyncio.wait(under_way, timeout=PATIENCE)
            scheduler.shutdown(wait=False)

    return lifespan


async def _run(server: PrefectServer, flow: str, cycle_key: str, as_of: str) -> None:
    """On a thread of its own: in ours Prefect would take SIGTERM for itself and let a run crash of it."""
    await asyncio.to_thread(lambda: asyncio.run(_run_flow(server, flow, cycle_key, as_of)))


async def _run_flow(server: PrefectServer, flow: str, cycle_key: str, as_of: str) -> None:
    module = importlib.import_module(f"yearwheel.flows.{flow}")  # the first time it takes two seconds
    runs = importlib.import_module("yearwheel.flows.runs")
    server.wait_ready()
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
