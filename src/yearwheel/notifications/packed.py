"""A message as it is kept: compressed, a year's mail shrinks to a quarter."""

import zlib


class Packed(bytes):
    """Bytes that `pack` made."""


def pack(raw: bytes) -> Packed:
    return Packed(zlib.compress(raw, 1))


def unpack(packed: bytes) -> bytes:
    return zlib.decompress(packed)
