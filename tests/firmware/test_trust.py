"""Which words of a TLS library mean what, and when the date may give way."""

from bell import reasons
from bell.trust import Trust

FUTURE = "\nThe certificate validity starts in the future\n"
EXPIRED = "\nThe certificate validity has expired\n"
SIGNER = "\nThe certificate is not correctly signed by the trusted CA\n"
NAME = "\nThe certificate Common Name (CN) does not match with the expected CN\n"
OTHER = "\nUsage does not agree with the keyUsage extension\n"


class Clock:
    def __init__(self):
        self.date = 100
        self.kept = 50

    def today(self):
        return "2026-11-22"

    def at_least(self, seconds):
        moved = seconds > self.date
        self.date = max(self.date, seconds)
        return moved


def trust():
    clock = Clock()
    made = Trust(clock, None, None, None)
    made._see = lambda begins: setattr(made, "_begins", begins)
    return made, clock


def said(words):
    return str(reasons.refusal(words, "broker.example", "2026-11-22"))


def test_a_refusal_says_what_is_wrong_and_what_to_do():
    assert "has expired, today is 2026-11-22: renew it" in said(EXPIRED)
    assert "no authority of ours" in said(SIGNER)
    assert "not for broker.example" in said(NAME)
    assert "of the future, today is 2026-11-22" in said(FUTURE)
    assert "has expired" in said(EXPIRED + SIGNER) and "no authority" in said(EXPIRED + SIGNER)


def test_the_words_of_openssl_mean_the_same():
    head = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
    assert "has expired" in said(head + "certificate has expired (_ssl.c:1006)")
    assert "of the future" in said(head + "certificate is not yet valid (_ssl.c:1006)")
    assert "not for" in said(
        head + "Hostname mismatch, certificate is not valid for 'broker.example'. (_ssl.c:1006)"
    )
    assert "no authority" in said(head + "unable to get local issuer certificate (_ssl.c:1006)")
    assert "no authority" in said(head + "self-signed certificate in certificate chain")


def test_a_trouble_that_is_not_the_certificate_is_no_refusal():
    assert reasons.refusal("[Errno 104] ECONNRESET", "broker.example", "2026-11-22") is None


def test_only_a_date_of_the_future_and_nothing_else_may_give_way():
    for words in (EXPIRED, SIGNER, NAME, FUTURE + SIGNER, FUTURE + NAME, FUTURE + OTHER):
        assert not reasons.refusal(words, "broker.example", "2026-11-22").only_date
    assert reasons.refusal(FUTURE, "broker.example", "2026-11-22").only_date
    assert reasons.refusal(FUTURE + FUTURE, "broker.example", "2026-11-22").only_date


def test_a_certificate_of_the_future_is_looked_at_and_then_moves_the_date():
    made, clock = trust()
    assert made.witness is None
    made.judge(FUTURE, "broker.example")
    assert made.is_worth_another_try
    made.witness(500)
    made.judge(FUTURE, "broker.example")
    assert made.is_worth_another_try
    assert clock.date == 500


def test_what_was_seen_counts_only_if_nothing_else_was_wrong():
    made, clock = trust()
    made.judge(FUTURE, "broker.example")
    made.witness(500)
    made.judge(FUTURE + SIGNER, "broker.example")
    assert not made.is_worth_another_try
    assert clock.date == 100
    assert made.witness is None


def test_a_certificate_that_tells_nothing_is_not_tried_for_ever():
    made, _ = trust()
    made.judge(FUTURE, "broker.example")
    made.judge(FUTURE, "broker.example")
    assert not made.is_worth_another_try


def test_an_expired_certificate_never_moves_the_date():
    made, clock = trust()
    made.judge(EXPIRED, "broker.example")
    assert not made.is_worth_another_try
    assert made.witness is None
    assert clock.date == 100
