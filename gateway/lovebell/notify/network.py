"""Why a service was not reached, in words that every log and every language can hold."""

from __future__ import annotations

import errno
import ssl


def cause_of(error: Exception, timeout_s: int) -> str:
    """What went wrong below the service's own language; "" when it is none of these.

    Never the text of the error: it may hold the URL, and that a secret.
    """
    if isinstance(error, TimeoutError):
        return f"timeout {timeout_s} s"
    hidden = (getattr(error, name, None) for name in ("os_error", "certificate_error", "__cause__"))
    cause = next((one for one in hidden if isinstance(one, Exception)), error)
    if isinstance(cause, ssl.SSLError):
        words = (getattr(cause, name, None) for name in ("reason", "verify_message"))
        return " ".join(["TLS", *(word for word in words if word)])
    if isinstance(cause, OSError) and cause.errno:
        # getaddrinfo's own numbers are negative.
        known = "DNS" if cause.errno < 0 else errno.errorcode.get(cause.errno, str(cause.errno))
        return f"network {known}"
    return ""
