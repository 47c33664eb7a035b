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
    """Hand every unread message of a Maildir, or every message of an mbox file, to `take`; says how many.

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
    unread = sorted((path / "new").glob("*"))
    for file in unread:
        take(file.read_bytes())
        file.rename(path / "cur" / f"{file.name}:2,S")
    return len(unread)


def _read_mbox(path: Path, take: Take) -> int:
    """A program that delivers may hold the file; the lock is the one that such programs know."""
    _check_mbox(path)
    with closing(mailbox.mbox(path)) as arrived:
        arrived.lock()
        try:
            keys = arrived.keys()
            if keys:
                _move_aside(arrived, path.with_name(f"{path.name}.read"), take)
        finally:
            arrived.unlock()
    return len(keys)


def _check_mbox(path: Path) -> None:
    with path.open("rb") as file:
        begins = file.read(len(_MBOX_BEGINS))
    if begins not in (_MBOX_BEGINS, b""):
        raise OSError(
            f"{path} is no mbox file, which begins with 'From '; a single message is read from a Maildir, "
            "where it lies in the folder new"
        )


def _move_aside(arrived: mailbox.mbox, path: Path, take: Take) -> None:
    keys = arrived.keys()  # a list of its own: what is gone through shrinks
    with closing(mailbox.mbox(path)) as aside:
        for key in keys:
            take(arrived.get_bytes(key))
            aside.add(arrived.get_bytes(key))
            aside.flush()
            arrived.remove(key)
        arrived.flush()


def read_imap(server: ImapServer, take: Take) -> int:
    """Hand every message of the inbox to `take`; says how many. OSError when the server cannot be used.

    What was taken is copied aside and marked before the next one is read: an interrupted reading goes on
    where it stopped.
    """
    with _inbox(server) as imap:
        numbers = (_ok(imap.uid("SEARCH", "UNDELETED"))[0] or b"").decode().split()
        for number in numbers:
            fetched = _ok(imap.uid("FETCH", number, "(BODY.PEEK[])"))
            take(next(part[1] for part in fetched if isinstance(part, tuple)))
            _ok(imap.uid("COPY", number, READ_FOLDER))
            _ok(imap.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen \Deleted)"))
        imap.expunge()
    return len(numbers)


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
