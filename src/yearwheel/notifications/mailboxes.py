"""Where bounces arrive: a Maildir, an mbox file or an IMAP mailbox. What was read moves aside."""

import imaplib
import mailbox
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READ_FOLDER = "Read"  # on an IMAP server
_MBOX_BEGINS = b"From "
Take = Callable[[bytes], None]


class NotYet(Exception):
    """Raised by who takes messages: this one is left where it lies, for another reading."""


@dataclass(frozen=True, slots=True)
class ImapServer:
    """A mailbox on a server, reached over TLS (RFC 8314). `tls` replaces the system's certificates."""

    host: str
    user: str
    password: str
    port: int = 993
    timeout: float = 30.0  # seconds
    tls: ssl.SSLContext | None = None


def read_folder(path: Path, take: Take) -> int:
    """Hand every unread message of a Maildir, or every message of an mbox file, to `take`; says how many it
    took.

    One is moved aside only after it was taken, so that what interrupts the reading loses nothing.
    OSError when there is no such folder or file.
    """
    if (path / "new").is_dir():
        return _read_maildir(path, take)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is neither a Maildir nor an mbox file")
    return _read_mbox(path, take)


def _read_maildir(path: Path, take: Take) -> int:
    (path / "cur").mkdir(exist_ok=True)
    taken = 0
    for file in sorted((path / "new").glob("*")):
        if _is_taken(take, file.read_bytes()):
            file.rename(path / "cur" / f"{file.name}:2,S")
            taken += 1
    return taken


def _is_taken(take: Take, raw: bytes) -> bool:
    try:
        take(raw)
    except NotYet:
        return False
    return True


def _read_mbox(path: Path, take: Take) -> int:
    """A program that delivers may hold the file; the lock is the one that such programs know."""
    _check_mbox(path)
    with closing(mailbox.mbox(path)) as arrived:
        arrived.lock()
        try:
            if not len(arrived):
                return 0
            return _move_aside(arrived, path.with_name(f"{path.name}.read"), take)
        finally:
            arrived.unlock()


def _check_mbox(path: Path) -> None:
    with path.open("rb") as file:
        begins = file.read(len(_MBOX_BEGINS))
    if begins not in (_MBOX_BEGINS, b""):
        raise OSError(
            f"{path} is no mbox file, which begins with 'From '; a single message is read from a Maildir, "
            "where it lies in the folder new"
        )


def _move_aside(arrived: mailbox.mbox, path: Path, take: Take) -> int:
    taken = 0
    keys = arrived.keys()  # a list of its own: what is gone through shrinks
    with closing(mailbox.mbox(path)) as aside:
        for key in keys:
            if not _is_taken(take, arrived.get_bytes(key)):
                continue
            aside.add(arrived.get_bytes(key))
            aside.flush()
            arrived.remove(key)
            taken += 1
        arrived.flush()
    return taken


def read_imap(server: ImapServer, take: Take) -> int:
    """Hand every message of the inbox to `take`; says how many it took.

    What was taken is copied aside and marked before the next one is read: an interrupted reading goes on
    where it stopped. One that somebody else has moved meanwhile is passed over. OSError when the server
    cannot be used.
    """
    taken = 0
    with _inbox(server) as imap:
        for number in (_ok(imap.uid("SEARCH", "UNDELETED"))[0] or b"").decode().split():
            fetched = _ok(imap.uid("FETCH", number, "(BODY.PEEK[])"))
            # Of a message that is gone the answer is OK, with nothing in it (RFC 3501 6.4.8).
            raw = next((part[1] for part in fetched if isinstance(part, tuple)), None)
            if raw is None or not _is_taken(take, raw):
                continue
            _ok(imap.uid("COPY", number, READ_FOLDER))
            _ok(imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen \Deleted)"))
            taken += 1
        imap.expunge()
    return taken


def log_in(server: ImapServer) -> None:
    """Connect and log in, and leave everything as it is. OSError when the server cannot be used."""
    with _logged_in(server):
        pass


@contextmanager
def _inbox(server: ImapServer) -> Iterator[imaplib.IMAP4]:
    with _logged_in(server) as imap:
        imap.create(READ_FOLDER)  # answers NO when it is there already
        _ok(imap.select("INBOX"))
        yield imap


@contextmanager
def _logged_in(server: ImapServer) -> Iterator[imaplib.IMAP4]:
    try:
        with _connect(server) as imap:
            _log_in(imap, server)
            yield imap
    except imaplib.IMAP4.error as fault:
        raise OSError(f"the mail server {server.host} said: {_words(fault.args[0])}") from None


def _connect(server: ImapServer) -> imaplib.IMAP4_SSL:
    tls = server.tls or ssl.create_default_context()
    try:
        return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=tls, timeout=server.timeout)
    except ssl.SSLCertVerificationError as fault:
        raise OSError(f"the mail server {server.host} cannot be trusted: {fault.verify_message}") from None
    except OSError as fault:
        raise OSError(
            f"the mail server {server.host}, port {server.port}: {fault.strerror or fault}"
        ) from None


def _log_in(imap: imaplib.IMAP4, server: ImapServer) -> None:
    """By SASL where it is offered, which takes any password; the LOGIN command takes only ASCII."""
    if "AUTH=PLAIN" in imap.capabilities:
        imap.authenticate("PLAIN", lambda _: f"\0{server.user}\0{server.password}".encode())
    else:
        imap.login(server.user, server.password)


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(data[0])
    return data


def _words(said: object) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
