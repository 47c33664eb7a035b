"""The secret that signs links in letters: from the settings, else made on first use and kept."""

import os
import secrets
from pathlib import Path

from yearwheel.config.settings import Settings

FILE = "secret"


def read_secret(settings: Settings) -> bytes:
    """The installation's secret. Several machines on one database need the same one in their settings."""
    if given := settings.secret.get_secret_value():
        return given.encode()
    path = settings.data_dir / FILE
    if not path.exists():
        _make(path)
    return path.read_bytes()


def _make(path: Path) -> None:
    """Write a new secret for the owner's eyes only; of two processes that try, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    try:
        os.link(draft, path)  # unlike a rename it does not replace another's
    except FileExistsError:
        pass
    finally:
        draft.unlink()
