"""When a certificate begins, read from DER put together by hand."""

from bell.certificate import beginning
from bell.clock import seconds_of


def element(kind, content):
    length = len(content)
    if length < 128:
        return bytes([kind, length]) + content
    return bytes([kind, 0x82, length >> 8, length & 0xFF]) + content


def certificate(moment, kind=0x17, version=True):
    serial = element(0x02, b"\x10\x01")
    algorithm = element(0x30, element(0x06, b"\x2a\x86\x48"))
    issuer = element(0x30, b"\x0c\x03" * 80)  # long, so that its length takes two bytes
    validity = element(0x30, element(kind, moment) + element(kind, moment))
    head = element(0xA0, element(0x02, b"\x02")) if version else b""
    tbs = element(0x30, head + serial + algorithm + issuer + validity + issuer)
    return element(0x30, tbs + algorithm)


def refused(der):
    try:
        beginning(der)
    except ValueError:
        return True
    return False


def test_the_beginning_is_read_from_both_kinds_of_time():
    assert beginning(certificate(b"261122021500Z")) == seconds_of(2026, 11, 22, 2, 15, 0)
    assert beginning(certificate(b"20510102030405Z", 0x18)) == seconds_of(2051, 1, 2, 3, 4, 5)


def test_two_digits_of_a_year_are_of_this_century_below_fifty():
    assert beginning(certificate(b"490101000000Z")) == seconds_of(2049, 1, 1, 0, 0, 0)
    assert beginning(certificate(b"990101000000Z")) == seconds_of(1999, 1, 1, 0, 0, 0)


def test_a_certificate_of_the_first_version_has_one_field_less():
    assert beginning(certificate(b"261122021500Z", version=False)) > 0


def test_it_may_be_given_as_a_view_of_bytes():
    view = memoryview(certificate(b"261122021500Z"))
    assert beginning(view) == seconds_of(2026, 11, 22, 2, 15, 0)


def test_nonsense_is_refused():
    for moment in (b"2611220215Z", b"26112202150xZ", b"261122021500+", b""):
        assert refused(certificate(moment))
    assert refused(certificate(b"261122021500Z", 0x04))
    assert refused(b"")
    assert refused(b"hello")


def test_a_certificate_cut_short_is_refused_wherever_it_is_cut():
    whole = certificate(b"261122021500Z")
    for length in range(len(whole)):
        assert refused(whole[:length])
