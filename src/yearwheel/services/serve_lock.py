"""One `serve` a data folder: a lock that the kernel lets go of however its holder ends."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from yearwheel.services.app import Refused

FILE = "serve.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that serves a data folder. `rings`: it also rings the bells."""

    pid: int
    address: str
    rings: bool


@contextmanager
def only_one(data_dir: Path, address: str, *, rings: bool) -> Iterator[None]:
    """Hold the data folder's lock. Refused when another holds it."""
    with (data_dir / FILE).open("a+") as lock:
        if not _take(lock):
            holder = _read(lock)
            raise Refused(
                f"{data_dir} is being served already: process {holder.pid or '?'}, {holder.address}. "
                "Stop that one, or give another data folder."
            )
        lock.truncate(0)
        json.dump(asdict(Holder(os.getpid(), address, rings)), lock)
        lock.flush()
        yield


def who_serves(data_dir: Path) -> Holder | None:
    """Who holds the lock now, if anyone on this machine does."""
    if not (data_dir / FILE).exists():
        return None
    with (data_dir / FILE).open("r") as lock:
        return None if _take(lock) else _read(lock)


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(lock: IO[str]) -> Holder:
    """Its holder; one that has just begun has not written yet."""
    lock.seek(0)
    text = lock.read()
    return Holder(**json.loads(text)) if text else Holder(0, "address not written yet", rings=True)
