"""A mail server that keeps a list: every Message-ID it accepts is on disk before it answers 250."""

import asyncio
import os
import re
from multiprocessing.connection import Connection
from pathlib import Path

_MESSAGE_ID = re.compile(rb"^Message-ID: *(<[^>]+>)", re.MULTILINE | re.IGNORECASE)
_LARGEST = 1 << 22  # bytes of one message
SETTLE = "XSETTLE"  # a command of ours: answered once no other session is open


def serve(accepted: Path, ready: Connection, *, pipelining: bool) -> None:
    """Listen on a free port, which is sent to `ready`, until killed."""
    asyncio.run(_serve(_Kept(accepted, pipelining=pipelining), ready))


async def _serve(kept: "_Kept", ready: Connection) -> None:
    server = await asyncio.start_server(kept.session, "127.0.0.1", 0, limit=_LARGEST)
    ready.send(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


class _Kept:
    def __init__(self, accepted: Path, *, pipelining: bool) -> None:
        self._pipelining = pipelining
        self._file = os.open(accepted, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._sessions = 0
        self._ended = asyncio.Condition()

    async def session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sessions += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client was killed
        finally:
            writer.close()
            self._sessions -= 1
            async with self._ended:
                self._ended.notify_all()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 counting.example\r\n")
        while line := await reader.readline():
            verb = line.strip().upper().split(b" ")[0].decode()
            if verb == "DATA":
                writer.write(b"354 go ahead\r\n")
                self._accept(await reader.readuntil(b"\r\n.\r\n"))
            elif verb == "EHLO" and self._pipelining:
                writer.write(b"250-counting.example\r\n250 PIPELINING\r\n")
                continue
            elif verb == SETTLE:
                async with self._ended:
                    await self._ended.wait_for(lambda: self._sessions == 1)
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            writer.write(b"250 2.0.0 ok\r\n")

    def _accept(self, message: bytes) -> None:
        found = _MESSAGE_ID.search(message)
        assert found is not None, "a message without a Message-ID"
        os.write(self._file, found[1] + b"\n")
        os.fsync(self._file)
