"""What a mail server's log proves of letters in doubt."""

import pytest

from yearwheel.notifications.mail_log import taken_letters
from yearwheel.notifications.mime import message_id

TAKEN, CUT_OFF = (message_id(key, "state.example") for key in ("taken", "cut off"))

# As Postfix 3.7 writes it: the second connection broke in the middle of the content.
POSTFIX = f"""
Nov 25 12:47:24 mail postfix/smtpd[8047]: 8F48F23E1EE: client=unknown[127.0.0.1]
Nov 25 12:47:24 mail postfix/cleanup[8049]: 8F48F23E1EE: message-id={TAKEN}
Nov 25 12:47:24 mail postfix/qmgr[8045]: 8F48F23E1EE: from=<a@state.example>, size=321, nrcpt=1 (queue active)
Nov 25 12:47:24 mail postfix/smtpd[8047]: 9AB2A23E1EF: client=unknown[127.0.0.1]
Nov 25 12:47:24 mail postfix/smtpd[8047]: lost connection after DATA (91 bytes) from unknown[127.0.0.1]
Nov 25 12:47:24 mail postfix/cleanup[8049]: 9AB2A23E1EF: message-id={CUT_OFF}
Nov 25 12:47:24 mail postfix/qmgr[8045]: 8F48F23E1EE: removed
"""


def test_postfix_took_what_its_queue_manager_has():
    assert taken_letters(POSTFIX.splitlines()) == {TAKEN}


def test_a_log_without_the_queue_managers_lines_is_refused_and_says_which_it_needs():
    with pytest.raises(ValueError, match=r"lacks the lines of Postfix's queue manager \(postfix/qmgr"):
        taken_letters(line for line in POSTFIX.splitlines() if "qmgr" not in line)


def test_the_order_of_the_lines_and_a_queue_id_that_comes_again_lose_nothing():
    later = message_id("later", "state.example")
    again = POSTFIX.replace(TAKEN, later).splitlines()
    assert taken_letters(reversed(POSTFIX.splitlines())) == {TAKEN}
    assert taken_letters([*POSTFIX.splitlines(), *again]) == {TAKEN, later}


@pytest.mark.parametrize(
    "line",
    [
        f"2026-11-25 12:47:24 1u5 <= a@state.example H=localhost S=812 id={TAKEN.strip('<>')}",  # Exim
        f"Nov 25 12:47:24 mail sendmail[81]: xAP: from=<a@state.example>, msgid={TAKEN}, proto=ESMTP",
        f"{TAKEN} b@district.example",  # a list made by hand
    ],
)
def test_other_logs_prove_what_they_say_was_taken(line):
    assert taken_letters([line]) == {TAKEN}


BARE, DIGEST = TAKEN.strip("<>"), TAKEN.strip("<>").partition("@")[0]


@pytest.mark.parametrize(
    "line",
    [
        "postfix/smtpd[1]: NOQUEUE: reject: RCPT from x: 450 4.2.0 <b@c.example>: Greylisted; "
        f"from=<bounce+{BARE}> to=<b@c.example>",
        f"postfix/cleanup[2]: 8F4: milter-reject: END-OF-MESSAGE from x: 5.7.1; from=<bounce+{BARE}>",
        f"2026-11-25 12:47:24 1u5 H=x F=<bounce+{DIGEST}@state.example> rejected after DATA: spam",
        f"amavis[3]: (1-2) Blocked SPAM, <a@state.example> -> <b@c.example>, Message-ID: {TAKEN}",
        f"rspamd[4]: rspamd_task_write_log: id: {TAKEN}, from: <a@state.example>, (default: T (reject))",
        f"opendkim[5]: 8F4: message-id={TAKEN}",
    ],
)
def test_a_refusal_or_a_filter_that_names_a_letter_proves_nothing(line):
    assert taken_letters([line]) == set()


def test_what_a_filter_of_sendmail_refused_was_not_taken():
    sender = f"sendmail[81]: xAP: from=<a@state.example>, size=9, msgid={TAKEN}, proto=ESMTP"
    assert taken_letters([sender, "sendmail[81]: xAP: Milter: data, reject=554 5.7.1 spam"]) == set()


def test_what_is_not_ours_is_nothing():
    assert taken_letters(["", "message-id=<CAF=abc@mail.example>", "deadbeef@x"]) == set()
