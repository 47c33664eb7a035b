"""Whether pages can be served at an address, asked before anything is started for them."""

import asyncio
import os
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL
from socket import gaierror

from yearwheel.services.app import Refused


def check_address(host: str, port: int) -> None:
    """Refused where pages cannot be served on this port of this address, with what to give instead."""
    try:
        asyncio.run(_take_and_let_go(host, port))
    except OSError as error:
        raise Refused(_in_words(error, host, port)) from None


async def _take_and_let_go(host: str, port: int) -> None:
    # The very call the pages make a moment later, so that it fails and succeeds as theirs would.
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    server.close()
    await server.wait_closed()


def _in_words(error: OSError, host: str, port: int) -> str:
    if isinstance(error, gaierror) or error.errno == EADDRNOTAVAIL:
        return f"this machine has no address {host}; give one of its own with --host"
    if error.errno == EADDRINUSE:
        return f"port {port} on {host} is taken; give another with --port"
    if error.errno == EACCES:
        return f"port {port} on {host} is not for everybody to take; give one above 1023 with --port"
    why = os.strerror(error.errno) if error.errno else str(error)
    return f"port {port} on {host} cannot be used ({why}); give another with --port or --host"
