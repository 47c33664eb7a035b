"""Trying out with real mail: only the team gets any, or one address gets everybody's."""

from email import message_from_bytes, policy
from pathlib import Path

from tests.fakes import NO_SUCH_USER, FakeMailer, offer
from yearwheel.bootstrap import build_app
from yearwheel.config.settings import Mail, Settings
from yearwheel.notifications.ledger import Attempt
from yearwheel.notifications.mailers import Envelope, Result
from yearwheel.notifications.mailers.maildir import MaildirMailer
from yearwheel.notifications.mailers.team import RedirectingMailer, TeamMailer

RAW = (
    b"From: Office <office@state.example>\r\nTo: Pat <pat@district.example>\r\n"
    b"Subject: =?utf-8?q?Budget_due_=E2=80=93_5_days_left?=\r\n\r\nSubject: is also in the body\r\n"
)


def envelope(recipient: str) -> Envelope:
    return Envelope("<1@yearwheel.example>", "office@state.example", recipient, RAW)


def test_only_the_team_gets_real_mail():
    leaving, staying = FakeMailer(), FakeMailer()
    with TeamMailer(["Ada@home.example", "@state.example"], leaving, staying) as mailer:
        for address in (
            "ada@home.example",
            "RAY@STATE.example",
            "pat@district.example",
            "eve@notstate.example",
            "eve@sub.state.example",
        ):
            offer(mailer, envelope(address))

    assert leaving.recipients() == ["ada@home.example", "RAY@STATE.example"]
    assert staying.recipients() == ["pat@district.example", "eve@notstate.example", "eve@sub.state.example"]


def test_everybodys_mail_goes_to_one_address_and_says_for_whom_it_was():
    inner = FakeMailer()
    with RedirectingMailer("tester@state.example", inner) as mailer:
        result = offer(mailer, envelope("pat@district.example"))

    (sent,) = inner.sent
    letter = message_from_bytes(sent.raw, policy=policy.default)
    assert sent.recipient == "tester@state.example"
    assert letter["Subject"] == "[pat@district.example] Budget due – 5 days left"
    assert letter["X-Original-To"] == "pat@district.example"
    assert letter.get_content() == "Subject: is also in the body\r\n"
    assert result.detail == "redirected to tester@state.example: 2.0.0 queued"


def test_nobody_is_given_up_because_the_address_redirected_to_refuses():
    inner = FakeMailer({"tester@state.example": NO_SUCH_USER})
    with RedirectingMailer("tester@state.example", inner) as mailer:
        result = offer(mailer, envelope("pat@district.example"))
    assert (result.outcome, result.same_for_all) == (Attempt.DEFERRED, True)


def test_what_every_letter_would_have_for_an_answer_stays_so_when_mail_is_redirected():
    answers = [
        Result(Attempt.DEFERRED, None, "Connection refused", same_for_all=True),
        Result(Attempt.ACCEPTED, 250, "queued"),
    ]
    for answer in answers:
        inner = FakeMailer({"tester@state.example": answer})
        with RedirectingMailer("tester@state.example", inner) as mailer:
            assert offer(mailer, envelope("pat@district.example")).same_for_all == answer.same_for_all


def test_the_settings_choose_the_mailer(tmp_path: Path):
    def mailer_of(**mail: object) -> type:
        settings = Settings(data_dir=tmp_path, mail=Mail.model_validate(mail))
        app = build_app(settings)
        app.database.close()
        return type(app.open_mailer())

    assert mailer_of() is MaildirMailer
    assert mailer_of(team=["state.example"]) is TeamMailer
    assert mailer_of(redirect_to="tester@state.example") is RedirectingMailer
