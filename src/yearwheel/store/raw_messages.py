"""The exact bytes of messages. A round's letters are nearly alike: most are kept by how they differ.

A year's mail shrinks to a twentieth that way. zlib's checksums (RFC 1950) tell a damaged message, or a wrong
original, from the right one.
"""

import zlib
from collections.abc import Callable, Collection, Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from yearwheel.store import bulk
from yearwheel.store.tables import raw_messages as table

_LEVEL = 3  # with so much in common it is smaller than 1, and no slower


class Kept(NamedTuple):
    """A message as it is kept. `like` is the packed original it leans on, empty if it stands alone."""

    packed: bytes
    like: bytes = b""

    def unpack(self) -> bytes:
        """The exact bytes. zlib.error if they or the original were damaged."""
        return _unpack(self.packed, _original(self.like) if self.like else b"")


@lru_cache(maxsize=16)
def _original(packed: bytes) -> bytes:
    return _unpack(packed)


def _unpack(packed: bytes, like: bytes = b"") -> bytes:
    opener = zlib.decompressobj(zdict=like)
    raw = opener.decompress(packed)
    if not opener.eof:
        raise zlib.error("the message was cut off")
    return raw


def packer(like: bytes = b"") -> Callable[[bytes], bytes]:
    """What packs messages that have much in common with `like`."""
    begun = zlib.compressobj(_LEVEL, zdict=like)

    def pack(raw: bytes) -> bytes:
        press = begun.copy()  # `like` is taken in once
        return press.compress(raw) + press.flush()

    return pack


def add(connection: Connection, new: Iterable[tuple[int, str, bytes]]) -> None:
    """Keep messages by outbox id: the first of each kind by itself, the others by how they differ from it."""
    packer_for = cache(packer)
    firsts: dict[str, tuple[int, bytes]] = {}
    rows = []
    for outbox_id, kind, raw in new:
        like_id, like = firsts.get(kind, (None, b""))
        rows.append({"outbox_id": outbox_id, "like_id": like_id, "packed": packer_for(like)(raw)})
        firsts.setdefault(kind, (outbox_id, raw))
    bulk.insert(connection, table, rows)


def read(connection: Connection, outbox_ids: Collection[int]) -> dict[int, Kept]:
    """Messages by outbox id, still packed: a damaged one is told when it is its turn, and stops no other."""
    found = _rows(connection, outbox_ids)
    likes = _rows(connection, {like_id for like_id, _ in found.values() if like_id})
    return {
        outbox_id: Kept(packed, likes[like_id][1] if like_id else b"")
        for outbox_id, (like_id, packed) in found.items()
    }


def _rows(connection: Connection, outbox_ids: Collection[int]) -> dict[int, tuple[int | None, bytes]]:
    if not outbox_ids:
        return {}
    found = connection.execute(_READ, {"rows": list(outbox_ids)}).all()
    return {outbox_id: (like_id, packed) for outbox_id, like_id, packed in found}


_READ = select(table.c.outbox_id, table.c.like_id, table.c.packed).where(
    table.c.outbox_id.in_(bindparam("rows", expanding=True, literal_execute=True))
)
