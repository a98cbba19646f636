"""What a refusal of a mail means is decided by when it was said, then by its code, last by its
words; the addresses it quotes say nothing, and are shown to nobody.
"""

from __future__ import annotations

import ssl
from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from time import process_time

import pytest

from service_portal.web.mail_refusals import (
    Fate,
    NoMail,
    Refusal,
    Stage,
    Unusable,
    domain_of,
    refusal_of,
    summary_of,
)

TO = "li@zone.example"
# At the recipient: about them.
FAILS = [
    "550 5.1.1 <policy@park.example>: Recipient address rejected: User unknown in "
    "virtual mailbox table",
    "550 5.1.1 <li@blockchain-tech.example>: Recipient address rejected: User unknown",
    "550 5.1.1 <sender@x.example>... User unknown",
    "550 5.1.1 The email account that you tried to reach does not exist. "
    "https://support.google.com/mail/?p=NoSuchUser a1-20020a05600spf",
    "550 5.4.1 Recipient address rejected: Access denied. "
    "[HE1EUR01FT012.eop-EUR01.prod.protection.outlook.com]",
    "550 #5.1.0 Address rejected.",
    "550 5.7.1 <li@x.example>: Recipient address rejected: this recipient wants no mail",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient li@x.example not found by SMTP "
    "address lookup",
    "550 Recipient not found",
    "550 Mailbox not found",
    "550 no mailbox here by that name",
    "550 Invalid address",
    "550 User not found: li@block.example",
    "550 5.4.4 Host or domain name not found",
    "556 5.1.10 nullMX",
    "550 5.1.2 Bad destination system",
    "501 5.1.3 Bad recipient address syntax",
    "553 5.1.3 invalid",
    "501 Bad address syntax",
    "550 mailbox <a@x.example> restricted",
    "550 RP:RDN unknown user",
    "550 No such mailbox",
    "550 5.1.1 User unknown",
    "550 5.1.10 Null MX",
    "554 5.1.2 Bad destination system",
    "551 User not local",
    "553 Mailbox name not allowed",
    "550 5.2.1 Mailbox disabled",
    "550 Requested action not taken: mailbox unavailable",
    "550 <a@zone.example>: user unknown in local recipient table",
]
LATER = [
    "552 5.2.2 The email account that you tried to reach is over quota",
    "550 5.2.2 Mailbox full",
    "450 4.1.2 domain not found",
    "552 5.2.2 Mailbox full",
    "450 4.2.0 Try later",
    "421 Closing",
    "452 Mailbox full",
]
HELD = [
    "554 5.4.14 Hop count exceeded",
    "550 Domain of portal@zone.example does not exist",
    "550 Account disabled",
    "553 address not allowed: portal@zone.example",
    "554 Transaction failed",
    "550 Administrative prohibition",
    "550 Access denied",
    "550 5.6.1 Message can't be read",
]
TO_MEND = [
    "550 5.1.1 The address of the originator is unknown",
    "550 5.1.1 Mail from unknown account portal@zone.example",
    "550 5.1.2 From domain does not exist",
    "550 Your domain does not exist",
    "550 5.1.3 Return path syntax error",
    "550 5.1.6 The mailbox has moved; envelope from rejected",
    "553 5.1.9 no",
    "550 Envelope from address unknown",
    "550 From address not allowed",
    "550 Client address not allowed",
    "550 IP address not allowed",
    "550 Service unavailable; client host [1.2.3.4]; user unknown",
    "550 MX record for your domain does not exist",
    "550 PTR record does not exist",
    "550 Reverse DNS does not exist",
    "550 Invalid user credentials",
    "550 invalid user or password",
    "550 5.1.4 Ambiguous; return address",
    "550 5.2.1 Mailbox unavailable: listed by RBL",
    "550 Requested action not taken: mailbox unavailable\nFor explanation visit "
    "https://www.gmx.net/mail (RBL)",
    "550 Requested action not taken: mailbox unavailable Reject due to IP",
    "554 5.7.1 Relay access denied",
    "554 Relay access denied",
    "550 5.7.1 Relaying denied",
    "550 relay not permitted",
    "530 5.7.0 Must issue a STARTTLS command first",
    "530 Authentication required",
    "535 5.7.8 Authentication credentials invalid",
    "538 5.7.11 Encryption required",
    "550 5.1.8 Sender address rejected",
    "550 5.1.7 Bad sender's address",
    "550 Sender verify failed",
    "550 5.7.26 Unauthenticated mail is not accepted",
    "554 5.3.2 System not accepting messages",
    "500 Command unrecognized",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "550 Client host rejected: cannot find your hostname",
    "550 not local host zone.example, not a gateway",
    "551 we do not accept mail from you",
    "550 Please log in first",
    "550 Daily quota exceeded",
    "550 Invalid HELO",
    "550 IP address is listed, see https://list.example",
    "550 5.1.1 <portal@zone.example>: Sender address rejected",
    "550 5.1.0 Sender rejected",
    "550 5.2.1 sending disabled for this account",
    "550 5.6.0 DKIM signature is missing",
]
TEXT = [
    "550 5.1.1 <portal@zone.example>: From address rejected: User unknown",
    "550 5.1.1 Originator address unknown",
    "550 Your account is disabled",
    "550 5.2.1 Your account has been suspended for abuse",
    "550 5.2.1 The email account that you are using is disabled",
    "550 5.2.1 Messages from your address have been rate limited",
    "552 5.2.3 Your message exceeds the limit",
    "550 Account unavailable, please contact billing",
    "550 5.6.7 SMTPUTF8 needed",
    "554 5.6.1 Body type not supported by Remote Host",
    "550 5.6.11 bare linefeed",
    "550 5.1.1 DMARC check failed",
    "550 5.6.1 DMARC",
]


def at_recipient(answer: str, *, to: str = TO) -> Refusal:
    """Judge an answer to the recipient's name."""
    error = SMTPRecipientsRefused({to: (int(answer[:3]), answer[4:].encode())})
    return refusal_of(error, stage=Stage.RECIPIENT, to=to)


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        *((one, Fate.FAILS) for one in FAILS),
        *((one, Fate.LATER) for one in LATER),
        *((one, Fate.HELD) for one in HELD),
        *((one, Fate.TO_MEND) for one in TO_MEND),
    ],
)
def test_an_answer_at_the_recipient_is_about_them_unless_it_says_us(
    answer: str, fate: Fate
) -> None:
    refusal = at_recipient(answer)
    assert refusal.fate is fate and not refusal.is_about_all


@pytest.mark.parametrize("answer", [*FAILS, *LATER, *HELD, *TO_MEND, *TEXT])
def test_a_refused_text_is_held_for_the_operator(answer: str) -> None:
    error = SMTPDataError(int(answer[:3]), answer[4:].encode())
    refusal = refusal_of(error, stage=Stage.TEXT, to=TO)
    assert refusal.fate is (Fate.HELD if answer[0] == "5" else Fate.LATER)
    assert not refusal.is_about_all


@pytest.mark.parametrize("answer", [*FAILS, *HELD, *TO_MEND])
def test_before_the_recipient_it_is_about_us_and_never_final(answer: str) -> None:
    number, said = int(answer[:3]), answer[4:].encode()
    errors = {
        Stage.SENDER: SMTPSenderRefused(number, said, "portal@zone.example"),
        Stage.CONNECT: SMTPAuthenticationError(number, said),
    }
    for stage, error in errors.items():
        refusal = refusal_of(error, stage=stage, to=TO)
        assert refusal.fate is Fate.TO_MEND and refusal.is_about_all


def test_a_server_that_is_away_is_waited_for() -> None:
    for error in (ConnectionRefusedError(111, "x"), SMTPHeloError(421, b"busy"), TimeoutError()):
        refusal = refusal_of(error, stage=Stage.CONNECT, to=TO)
        assert refusal.fate is Fate.WAITS and refusal.is_about_all
    silent = refusal_of(SMTPServerDisconnected("timed out"), stage=Stage.RECIPIENT, to=TO)
    assert silent.fate is Fate.WAITS and not silent.is_about_all


def test_what_the_settings_or_the_mail_itself_make_impossible() -> None:
    for error in (Unusable("MAIL_URL can't be used: ValueError"), ssl.SSLCertVerificationError()):
        assert refusal_of(error, stage=Stage.CONNECT).fate is Fate.TO_MEND
    assert refusal_of(NoMail("x"), stage=Stage.CONNECT).fate is Fate.FAILS
    assert refusal_of(KeyError("x"), stage=Stage.WRITING).fate is Fate.BROKEN


@pytest.mark.parametrize("who", ["relay.policy", "sender", "spf", "spam+block", "user.unknown"])
def test_the_address_that_is_quoted_says_nothing(who: str) -> None:
    address = f"{who}@blockchain-relay.example"
    for said in (f"<{address}>: Recipient address rejected", f"user {address} unknown"):
        assert at_recipient(f"550 {said}", to=address).fate is not Fate.TO_MEND
    assert at_recipient(f"550 5.1.1 <{address}>", to=address).fate is Fate.FAILS
    assert at_recipient(f"550 5.7.1 <{address}>: not you", to=address).fate is Fate.TO_MEND


def test_what_is_noted_names_no_address() -> None:
    for answer in (
        "550 5.1.1 <li@zone.example>: User unknown",
        "554 5.7.1 li@zone.example: Relay access denied",
    ):
        refusal = at_recipient(answer)
        assert "@" not in refusal.said and "li" not in refusal.summary.split()
        assert summary_of(refusal.said) == refusal.summary
        assert refusal.summary == f"RCPT {answer[:9]} zone.example"
        assert domain_of(refusal.said) == "zone.example"


def test_of_what_was_noted_before_nothing_is_shown() -> None:
    before = "to mend: SMTPRecipientsRefused({'left9@zone.example': (550, b'5.7.1 No')})"
    assert summary_of(before) == "" and domain_of(before) == ""


@pytest.mark.parametrize(
    "said",
    [
        b"a" * 32_768,
        b"a@" * 16_384,
        b"<" * 32_768,
        b'"' * 32_768,
        b"a1." * 10_000,
        b"user " * 6_000,
        b"mailbox a" * 4_000,
        b" " * 32_768,
        b"http://" * 5_000,
    ],
    ids=lambda said: said[:9].decode(),
)
@pytest.mark.parametrize("stage", Stage)
def test_a_long_answer_is_judged_at_once(said: bytes, stage: Stage) -> None:
    begun = process_time()
    error = SMTPRecipientsRefused({"x@y.example": (550, said)})
    refusal_of(error, stage=stage, to="x@y.example")
    assert process_time() - begun < 0.2


def test_of_a_long_answer_no_half_of_a_name_is_kept() -> None:
    for length in range(985, 1_005):
        said = f"550 {'x' * 10} {'y ' * (length // 2)}{'z' * (length % 2)} left9@m365.example: no"
        assert "left" not in at_recipient(said, to="left9@m365.example").words


@pytest.mark.parametrize(
    "said",
    [
        "User left9 unknown",
        "LEFT9: no such user",
        "mailbox_left9_is gone",
        "left9%40m365.example: no",
        "other8%40m365.example: no",
        "other8&#64;m365.example: no",
        '"left9"@m365.example: no',
        '"other 8"@m365.example: no',
        "left9＠m365.example: no",
        "ｏｔｈｅｒ８＠m365.example: no",
        "other8﹫m365.example: no",
        "left9 at m365.example: no",
    ],
)
def test_no_answer_names_a_mailbox(said: str) -> None:
    words = at_recipient(f"550 5.1.1 {said}", to="left9@m365.example").said
    assert not any(name in words.lower() for name in ("left", "ｌ", "other", "ｏ"))
    assert words.startswith("RCPT 550 5.1.1 m365.example: 5.1.1")


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ('"left 9"@m365.example', '"left 9"@m365.example is none'),
        ('"left 9"@m365.example', "left 9 is none"),
        ('"left 9"@m365.example', "left%209 is none"),
        ("left9+news@m365.example", "left9+news is none"),
        ("left9+news@m365.example", "left9%2Bnews%40m365.example is none"),
        ("left9+news@m365.example", "left9 is none"),
    ],
)
def test_a_name_is_taken_out_however_it_is_written(to: str, said: str) -> None:
    assert at_recipient(f"550 5.1.1 {said}", to=to).words == "5.1.1 … is none"


def test_a_name_within_a_word_stays() -> None:
    said = at_recipient("550 5.1.1 Anna is in no annals", to="ann@m365.example").words
    assert said == "5.1.1 Anna is in no annals"
