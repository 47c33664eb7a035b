"""Where mail would go as the settings stand, and what would go wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from yearwheel.config.settings import Mail, MailMode, Settings, variable
from yearwheel.notifications.mailboxes import ImapServer, log_in
from yearwheel.notifications.mailers.smtp import Security, find_fault
from yearwheel.notifications.mailers.team import is_on_team
from yearwheel.services.finding import Finding, Level

PATIENCE = 10.0  # seconds for each step; a server that takes longer is not well
TEAM_SHOWN = 5
EXAMPLE = ".example"  # never anybody's address: RFC 2606


def check_mail(settings: Settings) -> list[Finding]:
    """Where mail goes, and each thing to put right before any leaves."""
    return [_way(settings), *(_faults(settings) if leaves(settings.mail) else ())]


def check_mail_servers(mail: Mail) -> list[Finding]:
    """Whether the servers that letters leave by and come back to let us in; nothing is sent or read."""
    found: list[Finding] = []
    if leaves(mail):
        where = f"{mail.host}:{mail.port}, {mail.security}" + (f", as {mail.user}" if mail.user else "")
        fault = find_fault(replace(mail.server, timeout=min(mail.timeout, PATIENCE)))
        found.append(_answer("mail server", where, fault, f"{variable('mail.host')} and those beside it"))
    if mail.bounce_box:
        where = f"{mail.imap_host}:{mail.imap_port} as {mail.imap_user}"
        fault = _imap_fault(replace(mail.bounce_box, timeout=PATIENCE))
        found.append(_answer("bounces", where, fault, f"{variable('mail.imap_host')} and those beside it"))
    return found


def _imap_fault(box: ImapServer) -> str:
    try:
        log_in(box)
    except OSError as fault:
        return str(fault)
    return ""


def _answer(what: str, where: str, fault: str, settings: str) -> Finding:
    if fault:
        return Finding(Level.FAIL, what, f"{where}: {fault}", f"see that it runs, and put {settings} right")
    return Finding(Level.OK, what, f"{where}: it lets us in")


def leaves(mail: Mail) -> bool:
    """Whether any letter can leave this machine."""
    if mail.mode is MailMode.LIVE:
        return True
    return is_on_team(mail.redirect_to, mail.team) if mail.redirect_to else bool(mail.team)


def _way(settings: Settings) -> Finding:
    mail = settings.mail
    server = f"over {mail.host}:{mail.port} as {mail.sender}"
    if not leaves(mail):
        what = f"everything goes to {settings.inboxes}"
        if mail.redirect_to:
            what += f", into the inbox of {mail.redirect_to}"
        return Finding(Level.OK, "mail", f"trial: {what}, nothing leaves")
    if mail.redirect_to:
        seen = f"{mail.mode}: every letter goes to {mail.redirect_to} and to nobody else, {server}"
        return Finding(Level.WARN, "mail", seen, "right while trying out; then take out mail.redirect_to")
    if mail.mode is MailMode.TRIAL:
        seen = f"trial, but letters to {_some(mail.team)} do leave, {server}; the others stay here"
        return Finding(Level.WARN, "mail", seen, "right while trying out; without mail.team nothing leaves")
    return Finding(Level.OK, "mail", f"live, {server}")


def _some(team: Sequence[str]) -> str:
    rest = len(team) - TEAM_SHOWN
    return ", ".join(team[:TEAM_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _faults(settings: Settings) -> Iterator[Finding]:
    mail = settings.mail
    if mail.sender.endswith(EXAMPLE):
        yield _fault("sender", f"the sender is {mail.sender}", "mail.sender", "an address of yours")
    if mail.domain.endswith(EXAMPLE):
        yield _fault("sender", f"every Message-ID ends in {mail.domain}", "mail.domain", "your own domain")
    if mail.local_hostname.endswith(EXAMPLE):
        seen = f"we call ourselves {mail.local_hostname}"
        yield _fault("mail server", seen, "mail.local_hostname", "this machine's name")
    if mail.security is Security.NONE and not _is_here(mail.host):
        what = "letters, and our user name and password," if mail.user else "letters"
        seen = f"{what} go to {mail.host} where anyone on the way can read them"
        yield _fault("mail server", seen, "mail.security", "starttls or tls")
    if bool(mail.user) != bool(mail.password.get_secret_value()):
        seen = "there is a user without a password" if mail.user else "there is a password without a user"
        yield _fault("mail server", seen, "mail.user and mail.password", "both, or neither")
    yield from _links(settings.base_url)


def _links(base_url: str) -> Iterator[Finding]:
    address = urlsplit(base_url)
    host = address.hostname or ""
    if not host or _is_here(host) or host.endswith(EXAMPLE):
        seen = f"links in letters lead to {base_url}, which their readers cannot open"
        yield _fault("links", seen, "base_url", "the address of the pages as readers type it")
    elif address.scheme != "https":
        seen = f"links in letters lead to {base_url}: what they open can be read on the way"
        yield Finding(Level.WARN, "links", seen, f"serve the pages over https and set {variable('base_url')}")


def _fault(what: str, seen: str, setting: str, to: str) -> Finding:
    names = " and ".join(variable(name) for name in setting.split(" and "))
    return Finding(Level.FAIL, what, seen, f"set {names} to {to}")


def _is_here(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
