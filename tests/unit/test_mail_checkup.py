"""Where mail would go, said before any goes; what would go wrong with it is a fault."""

from pathlib import Path

import pytest

from tests.unit.test_smtp_mailer import Sink, listening
from yearwheel.config.settings import Mail, MailMode, Settings
from yearwheel.notifications.mailers.smtp import Security
from yearwheel.services.finding import Finding, Level
from yearwheel.services.mail_checkup import check_mail, check_mail_servers

DATA = Path("data")
TEAM = ("pat@team.example", "state.example")
# A real installation has no address that ends in `.example`; these never lead anywhere either.
REAL = Mail(
    mode=MailMode.LIVE,
    sender="planning@state.invalid",
    domain="state.invalid",
    local_hostname="yearwheel.state.invalid",
    host="mail.state.invalid",
    port=587,
    user="yearwheel",
    password="hush",  # type: ignore[arg-type]
)


def found(mail: Mail, base_url: str = "https://planning.state.invalid") -> list[Finding]:
    return check_mail(Settings(data_dir=DATA, base_url=base_url, mail=mail))


def faults(mail: Mail, base_url: str = "https://planning.state.invalid") -> list[tuple[Level, str]]:
    return [(finding.level, finding.seen) for finding in found(mail, base_url)[1:]]


def test_out_of_the_box_nothing_leaves_and_nothing_is_wrong() -> None:
    (way,) = check_mail(Settings(data_dir=DATA))

    assert (way.level, way.seen) == (Level.OK, "trial: everything goes to data/inboxes, nothing leaves")


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (
            Mail(team=TEAM),
            "trial, but letters to pat@team.example, state.example do leave, over 127.0.0.1:25 "
            "as planning@education.ky.example; the others stay here",
        ),
        (
            Mail(team=TEAM, redirect_to="ann@state.example"),
            "trial: every letter goes to ann@state.example and to nobody else, over 127.0.0.1:25 "
            "as planning@education.ky.example",
        ),
        (
            REAL.model_copy(update={"redirect_to": "ann@state.invalid"}),
            "live: every letter goes to ann@state.invalid and to nobody else, over mail.state.invalid:587 "
            "as planning@state.invalid",
        ),
    ],
)
def test_mail_that_leaves_for_a_few_is_said_with_who_they_are(mail: Mail, said: str) -> None:
    way = found(mail)[0]

    assert (way.level, way.seen) == (Level.WARN, said)


def test_mail_led_to_somebody_off_the_team_stays() -> None:
    for team in ((), TEAM):
        (way,) = found(Mail(team=team, redirect_to="ann@elsewhere.example"))
        assert (way.level, way.seen) == (
            Level.OK,
            "trial: everything goes to data/inboxes, into the inbox of ann@elsewhere.example, nothing leaves",
        )


def test_an_installation_that_is_ready_has_no_fault() -> None:
    (way,) = found(REAL)

    assert (way.level, way.seen) == (Level.OK, "live, over mail.state.invalid:587 as planning@state.invalid")


def test_whatever_still_stands_as_it_was_shipped_is_a_fault_once_letters_leave() -> None:
    live = Mail(mode=MailMode.LIVE)

    assert faults(live, base_url="http://127.0.0.1:8000") == [
        (Level.FAIL, "the sender is planning@education.ky.example"),
        (Level.FAIL, "every Message-ID ends in yearwheel.example"),
        (Level.FAIL, "we call ourselves yearwheel.example"),
        (Level.FAIL, "links in letters lead to http://127.0.0.1:8000, which their readers cannot open"),
    ]
    assert faults(Mail(team=TEAM))[0] == faults(live)[0]


@pytest.mark.parametrize(
    ("address", "level"),
    [
        ("http://localhost:8000", Level.FAIL),
        ("http://[::1]/", Level.FAIL),
        ("https://0.0.0.0", Level.FAIL),
        ("https://planning.state.example", Level.FAIL),
        ("http://planning.state.invalid", Level.WARN),
    ],
)
def test_links_have_to_lead_where_readers_can_follow(address: str, level: Level) -> None:
    assert [finding.level for finding in found(REAL, address)[1:]] == [level]


@pytest.mark.parametrize(
    ("changed", "remedy"),
    [
        ({"security": Security.NONE}, "set YEARWHEEL_MAIL__SECURITY to starttls or tls"),
        (
            {"user": ""},
            "set YEARWHEEL_MAIL__USER and YEARWHEEL_MAIL__PASSWORD to both, or neither",
        ),
    ],
)
def test_a_mail_server_is_spoken_to_safely(changed: dict[str, object], remedy: str) -> None:
    (fault,) = found(REAL.model_copy(update=changed))[1:]

    assert (fault.level, fault.remedy) == (Level.FAIL, remedy)


def test_a_mail_server_on_this_machine_needs_no_cover() -> None:
    here = REAL.model_copy(update={"host": "127.0.0.1", "port": 25, "security": Security.NONE})

    assert faults(here) == []


def test_servers_that_do_not_let_us_in_are_a_fault_before_the_first_letter_is() -> None:
    mail = Mail(mode=MailMode.LIVE, port=1, imap_host="127.0.0.1", imap_port=1, imap_user="bounces")

    assert [(f.level, f.what, f.seen) for f in check_mail_servers(mail)] == [
        (
            Level.FAIL,
            "mail server",
            "127.0.0.1:1, starttls: no connection to the mail server: Connection refused",
        ),
        (
            Level.FAIL,
            "bounces",
            "127.0.0.1:1 as bounces: the mail server 127.0.0.1, port 1: Connection refused",
        ),
    ]


def test_a_server_that_lets_us_in_is_well_and_gets_no_mail() -> None:
    sink = Sink()
    with listening(sink) as port:
        (way,) = check_mail_servers(Mail(mode=MailMode.LIVE, port=port, security=Security.NONE))

    assert (way.level, way.seen, sink.accepted) == (Level.OK, f"127.0.0.1:{port}, none: it lets us in", [])


def test_where_nothing_leaves_same_for_all_is_spoken_to() -> None:
    assert check_mail_servers(Mail(port=1)) == []


@pytest.mark.parametrize("setting", ["sender", "redirect_to"])
def test_an_address_that_is_none_is_a_fault_of_the_settings(setting: str) -> None:
    with pytest.raises(ValueError, match="'nonsense' is no mail address"):
        Mail.model_validate({setting: "nonsense"})
