"""Options that several kinds of channel have."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from lovebell.notify.errors import wrong
from lovebell.notify.sender import Option

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY_URL: Final = r"https?://[^\s@/?#\\]+(?:[/?][^\s#]*)?"
#: A URL that may carry what is private: by TLS, or within this machine.
SAFE_URL: Final = (
    r"(?:https://[^\s@/?#\\]+|http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?)"
    r"(?:[/?][^\s#]*)?"
)
URL_RULE: Final = (
    "https:// 开头的网址（本机可用 http://127.0.0.1）",
    "a URL that begins with https:// (or http://127.0.0.1 on this machine)",
)
TIMEOUT: Final = Option(
    "timeout_s",
    ("等对方回答几秒", "seconds to wait for an answer"),
    default="10",
    value_is=r"[1-9]|[1-5][0-9]|60",
    rule=("1 到 60 的整数", "a whole number from 1 to 60"),
)
CA: Final = Option(
    "ca",
    ("自己的 CA 证书文件", "the file of a CA of your own"),
    value_is=r"/.+",
    rule=("绝对路径", "an absolute path"),
)


def tls_of(options: Mapping[str, str]) -> ssl.SSLContext | None:
    """Verification by the CA in the option `ca`; None for the machine's own.

    Raises BadChannelError when the file cannot be read or holds no certificate.
    """
    if "ca" not in options:
        return None
    try:
        return ssl.create_default_context(cafile=options["ca"])
    except (OSError, ValueError) as why:
        zh, en = "可读的 PEM 证书文件", "the path of a readable PEM certificate"
        raise wrong("bad_option", name="ca", value=options["ca"], rule_zh=zh, rule=en) from why
