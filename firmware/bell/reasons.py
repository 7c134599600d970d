"""Why a broker and this device do not come together, in words that say what to do.

Owns the words, and which of the TLS library's words mean what. Imported only when something was
refused, and let go of again: a board whose broker takes it has better use for the place.
"""

from bell.dial import Refused

# Words of Mbed TLS, and of OpenSSL where the firmware runs under CPython.
_FUTURE = ("validity starts in the future", "not yet valid")
_EXPIRED = ("validity has expired", "has expired")
_NAME = ("does not match", "doesn't match", "not valid for")
_SIGNER = ("not correctly signed", "self-signed", "self signed", "unable to get")
# The codes of MQTT 3.1.1, section 3.2.2.3.
_CONNACK = {
    1: "the broker speaks another MQTT",
    2: "the broker refuses the device's name",
    3: "the broker is not available",
    4: "wrong user or password: run lovebell-tech setup",
    5: "the broker does not know this user: run lovebell-tech setup",
}


def of_connack(code: int) -> str:
    """What the broker means by that code."""
    return _CONNACK.get(code, "refused")


def refusal(words: str, host: str, today: str) -> Refused | None:
    """What the TLS library has said against a certificate, in words that say what to do. None if
    it is about something else."""
    complaints = [line for line in words.split("\n") if line.strip()]
    future = _any(words, _FUTURE)
    others = []
    if _any(words, _EXPIRED):
        others.append("it has expired, today is {}: renew it".format(today))
    if _any(words, _NAME):
        others.append("it is not for {}: run lovebell-tech setup".format(host))
    if _any(words, _SIGNER):
        others.append("no authority of ours has signed it: run lovebell-tech setup")
    if not future and not others:
        return None
    if future:
        others.append("it is of the future, today is {}".format(today))
    only_date = all(_any(complaint, _FUTURE) for complaint in complaints)
    return Refused("its certificate is refused: " + "; ".join(others), only_date)


def _any(words: str, wanted: tuple) -> bool:
    return any(word in words for word in wanted)
