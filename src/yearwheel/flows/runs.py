"""How runs keep results, and how many runs share one connection to the server."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prefect.context import AsyncClientContext, SyncClientContext
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    temporary_settings,
)

# No run's result is kept: our tables hold the truth. Naming a place that is never written to spares each
# run asking the server three times where results go, which was a third of what an empty run cost.
NOWHERE = Path(os.devnull)


@asynccontextmanager
async def session(api_url: str) -> AsyncIterator[None]:
    """Run flows in this process against one server, over one kept connection.

    Left alone, Prefect opens three clients for each run and reads the whole list of certificate authorities
    for each, for plain HTTP to this machine: 45 of the 85 ms of processor time an empty run takes here.
    Heartbeats let a server notice a dead worker; inside one process nobody needs them.
    """
    with temporary_settings({PREFECT_API_URL: api_url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        async with AsyncClientContext.get_or_create():
            with SyncClientContext.get_or_create():
                yield
