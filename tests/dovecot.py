"""An IMAP server of the tests' own: Dovecot with its configuration, mail and keys in a temporary folder."""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WANTED = "IMAP tests need Dovecot: install dovecot-imapd (dovecot on the PATH or in /usr/sbin)"
START_LIMIT = 20.0  # seconds
USER, PASSWORD = "bounces@state.example", "Käse & \"quoted\" \\ 'words'"
CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {name}
default_login_user = {name}
default_internal_group = {group}
first_valid_uid = {uid}
first_valid_gid = {gid}
auth_failure_delay = 0
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


class NoDovecot(Exception):
    """No server can be had here; the message says how to get one."""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A server that speaks IMAP over TLS on 127.0.0.1, with one mailbox."""

    port: int
    folder: Path

    @property
    def certificate(self) -> Path:
        """Who vouches for the server: itself."""
        return self.folder / "cert.pem"

    def deliver(self, raw: bytes) -> None:
        """Put a message into the inbox, as a mail server would."""
        inbox = self.folder / "mail"
        draft = inbox / "tmp" / f"{time.time_ns()}.test"
        draft.write_bytes(raw)
        shutil.chown(draft, inbox.stat().st_uid, inbox.stat().st_gid)
        draft.rename(inbox / "new" / draft.name)

    def holds(self, mailbox: str = "") -> list[bytes]:
        """What lies in a mailbox, the inbox by default."""
        return [path.read_bytes() for path in _messages(self.folder / "mail", mailbox)]

    def empty(self) -> None:
        """Take every message away."""
        for mailbox in ("", *(path.name[1:] for path in (self.folder / "mail").glob(".*"))):
            for path in _messages(self.folder / "mail", mailbox):
                path.unlink()


def _messages(maildir: Path, mailbox: str) -> list[Path]:
    folder = maildir / f".{mailbox}" if mailbox else maildir
    return [path for name in ("new", "cur") for path in (folder / name).glob("*")]


@contextmanager
def server() -> Iterator[Dovecot]:
    """A server that runs while the context lasts. NoDovecot where there is no such program."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        raise NoDovecot(WANTED)
    folder = Path(tempfile.mkdtemp(prefix="yearwheel-imap-"))
    try:
        with _running(program, folder) as found:
            yield found
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(program: str, folder: Path) -> Iterator[Dovecot]:
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    found = Dovecot(_free_port(), folder)
    _make(folder, user, found.port)
    run_as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with (folder / "said").open("wb") as said:
        child = subprocess.Popen(
            [program, "-F", "-c", folder / "dovecot.conf"], cwd=folder, stdout=said, stderr=said, **run_as
        )
    try:
        _wait(found, child)
        yield found
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(START_LIMIT)


def _make(folder: Path, user: pwd.struct_passwd, port: int) -> None:
    """Configuration, mailbox and keys, all of them the server's own."""
    facts = {"folder": folder, "name": user.pw_name, "uid": user.pw_uid, "gid": user.pw_gid, "port": port}
    configuration = CONFIGURATION.format(group=grp.getgrgid(user.pw_gid).gr_name, **facts)
    (folder / "dovecot.conf").write_text(configuration, "utf-8")
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n", "utf-8")
    for name in ("cur", "new", "tmp"):
        (folder / "mail" / name).mkdir(parents=True)
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {folder}/key.pem -out {folder}/cert.pem"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user.pw_uid, user.pw_gid)


def _wait(found: Dovecot, child: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + START_LIMIT
    while True:
        try:
            socket.create_connection(("127.0.0.1", found.port), timeout=1).close()
        except OSError:
            if child.poll() is not None or time.monotonic() > limit:
                said = "".join(path.read_text() for path in found.folder.glob("[sl][ao]*[dg]"))
                raise RuntimeError(f"Dovecot did not start:\n{said}") from None
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
