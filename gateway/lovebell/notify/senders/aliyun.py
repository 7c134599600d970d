"""SMS and voice calls by Aliyun (阿里云): the plug-ins `aliyun-sms` and `aliyun-voice`.

They come by the entry-point group like any other package's, and are its example. Requests are
signed as Aliyun's "V3 request structure and signature" says (help.aliyun.com/zh/sdk/
product-overview/v3-request-structure-and-signature), ACS3-HMAC-SHA256, whose worked example is a
test. SendSms and its codes: help.aliyun.com/document_detail/101346.html; SingleCallByTts:
help.aliyun.com/zh/vms/developer-reference/api-dyvmsapi-2017-05-25-singlecallbytts, which rings
one number once a minute, five times an hour and twenty times a day at most.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets as randomness
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from lovebell.notify.http import Http, by_status
from lovebell.notify.options import SAFE_URL, TIMEOUT, URL_RULE
from lovebell.notify.sender import Answer, Kind, Limit, Message, Option, Verdict
from lovebell.notify.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lovebell.notify.http import Reply
    from lovebell.notify.secrets import Secret

VERSION: Final = "2017-05-25"
MOST_CHARACTERS: Final = 35  # of a variable in a template
#: The kinds of message that the template of a call may say.
CALLS: Final = frozenset({"call", "test"})
#: Codes that no trying mends within the hour: wrong key, number, template or parameters, no
#: money, no right. Others wait, such as isv.BUSINESS_LIMIT_CONTROL and isp.SYSTEM_ERROR.
REFUSED: Final = frozenset(
    {
        "InvalidAccessKeyId.NotFound",
        "InvalidAccessKeyId.Inactive",
        "SignatureDoesNotMatch",
        "Forbidden.RAM",
        "isp.RAM_PERMISSION_DENY",
        "isv.ACCOUNT_ABNORMAL",
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.DENY_IP_RANGE",
        "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
        "isv.INVALID_JSON_PARAM",
        "isv.INVALID_PARAMETERS",
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.OUT_OF_SERVICE",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PRODUCT_UN_SUBSCRIPT",
        "isv.PRODUCT_UNSUBSCRIBE",
        "isv.SMS_CONTENT_ILLEGAL",
        "isv.SMS_SIGN_ILLEGAL",
        "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
        "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
    }
)
#: The account is asked to be quiet. isv.BUSINESS_LIMIT_CONTROL is not here: it is about one number
#: only, and others must not wait for it.
LIMITED: Final = frozenset({"Throttling", "Throttling.User"})
WAIT_MS: Final = 60_000


def canonical_query(parameters: Mapping[str, str]) -> str:
    """The parameters as they are signed and sent: sorted, and encoded as RFC 3986 has it."""
    pairs = [(quote(name, safe=""), quote(value, safe="")) for name, value in parameters.items()]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def authorization(headers: Mapping[str, str], query: str, key_id: str, key: str) -> str:
    """The header Authorization of a POST of nothing to `/?{query}` with these headers, whose
    names are in lower case."""
    names = sorted(headers)
    signed = ";".join(names)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    request = f"POST\n/\n{query}\n{lines}\n{signed}\n{headers['x-acs-content-sha256']}"
    digest = hashlib.sha256(request.encode()).hexdigest()
    sign = hmac.digest(key.encode(), f"ACS3-HMAC-SHA256\n{digest}".encode(), "sha256").hex()
    return f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={signed},Signature={sign}"


def judge(reply: Reply) -> Answer:
    """What an answer means: the word stands in Code, whatever the status."""
    code = reply.fields.get("Code")
    if not isinstance(code, str):
        plain = by_status(reply)
        return Answer(Verdict.LATER, plain.said, plain.retry_after_ms)
    said = f"{code} {reply.fields.get('Message', '')}"
    if code == "OK":
        return Answer(Verdict.SENT, said)
    if code in REFUSED:
        return Answer(Verdict.REFUSED, said)
    return Answer(Verdict.LATER, said, WAIT_MS if code in LIMITED else reply.retry_after_ms)


class Aliyun:
    """One of the two services. `write` makes the parameters of a message; None when there is no
    template that says it."""

    limit: Limit | None = None

    def __init__(
        self,
        action: str,
        options: Mapping[str, str],
        secrets: Mapping[str, Secret],
        write: Callable[[Mapping[str, str], Message, str], dict[str, str] | None],
    ) -> None:
        self._action = action
        self._options = options
        self._key_id = secrets["key_id"]
        self._key = secrets["key"]
        self._write = write
        self._http = Http((self._key, self._key_id), timeout_s=int(options["timeout_s"]))

    async def send(self, message: Message, address: str) -> Answer:
        """Send once. A message for which there is no template is refused: the words of a call
        would send somebody out for nothing."""
        parameters = self._write(self._options, message, address)
        if parameters is None:
            return Answer(Verdict.REFUSED, f"no template for {message.kind}")
        url = self._options["url"]
        headers = {
            "host": urlsplit(url).netloc,
            "x-acs-action": self._action,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": randomness.token_hex(16),
            "x-acs-version": VERSION,
        }
        query = canonical_query(parameters)
        sign = authorization(headers, query, self._key_id.reveal(), self._key.reveal())
        sent = {**headers, "Authorization": sign, "Accept": "application/json"}
        return await self._http.post(f"{url}/?{query}", b"", sent, judge)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()


def variables(options: Mapping[str, str], message: Message) -> str:
    """The variables of a template as JSON. The option `params` says which field is which, as
    `name=home,place=address`; without it every field is one by its own name."""
    pairs = [pair.partition("=")[::2] for pair in options.get("params", "").split(",") if pair]
    wanted = pairs or [(name, name) for name in message.fields]
    # An empty variable is refused, and then nobody would come.
    values = {
        name: one_line(str(message.fields.get(field or name, "")), MOST_CHARACTERS) or "-"
        for name, field in wanted
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def sms(options: Mapping[str, str], message: Message, address: str) -> dict[str, str] | None:
    """The parameters of SendSms."""
    template = options["template"] if message.kind in CALLS else options.get("template_news")
    if template is None:
        return None
    return {
        "PhoneNumbers": address,
        "SignName": options["sign"],
        "TemplateCode": template,
        "TemplateParam": variables(options, message),
        "OutId": _out_id(message),
    }


def voice(options: Mapping[str, str], message: Message, address: str) -> dict[str, str] | None:
    """The parameters of SingleCallByTts. Nobody is rung up to hear that nothing is to be done."""
    if message.kind not in CALLS:
        return None
    parameters = {
        "CalledNumber": address,
        "TtsCode": options["template"],
        "TtsParam": variables(options, message),
        "PlayTimes": "3",
        "OutId": _out_id(message)[:15],
    }
    return parameters | ({"CalledShowNumber": options["show"]} if "show" in options else {})


def _out_id(message: Message) -> str:
    return hashlib.sha256(message.key.encode("utf-8", "replace")).hexdigest()[:32]


_KEYS: Final = (
    Option("key_id", ("AccessKey ID", "the AccessKey ID"), is_required=True, is_secret=True),
    Option("key", ("AccessKey Secret", "the AccessKey secret"), is_required=True, is_secret=True),
)
_PARAMS: Final = Option(
    "params",
    (
        "模板变量对应哪个字段，如 name=home,place=address",
        "which field a template's variable is, as name=home,place=address",
    ),
    value_is=r"[A-Za-z0-9_]+(=[A-Za-z0-9_]+)?(,[A-Za-z0-9_]+(=[A-Za-z0-9_]+)?)*",
    rule=("name=home,place=address 这样的文字", "a text such as name=home,place=address"),
)
_PHONE: Final = (("一个手机号", "a mobile number"), r"\+?[0-9]{5,15}")


def _template(name: str, about: tuple[str, str], *, is_required: bool = False) -> Option:
    rule = ("模板编号，如 SMS_123 或 TTS_123", "a template's code, such as SMS_123 or TTS_123")
    return Option(name, about, is_required=is_required, value_is=r"[A-Z]+_[0-9]+", rule=rule)


def _url(default: str) -> Option:
    about = ("接口地址", "the address of the API")
    return Option("url", about, default=default, value_is=SAFE_URL, rule=URL_RULE)


SMS: Final = Kind(
    name="aliyun-sms",
    about=("阿里云短信", "SMS by Aliyun"),
    address=_PHONE[0],
    address_is=_PHONE[1],
    options=(
        *_KEYS,
        Option("sign", ("短信签名", "the signature of the SMS"), is_required=True),
        _template("template", ("求助的模板", "the template of a call"), is_required=True),
        _template("template_news", ("其他消息的模板", "the template of all other messages")),
        _PARAMS,
        _url("https://dysmsapi.aliyuncs.com"),
        TIMEOUT,
    ),
    make=lambda options, secrets: Aliyun("SendSms", options, secrets, sms),
)
VOICE: Final = Kind(
    name="aliyun-voice",
    about=("阿里云语音电话，只用于求助", "a voice call by Aliyun, for calls only"),
    address=_PHONE[0],
    address_is=_PHONE[1],
    options=(
        *_KEYS,
        _template("template", ("求助的语音模板", "the template of a call"), is_required=True),
        Option("show", ("显示的号码，专属模式才写", "the number shown, in exclusive mode only")),
        _PARAMS,
        _url("https://dyvmsapi.aliyuncs.com"),
        TIMEOUT,
    ),
    make=lambda options, secrets: Aliyun("SingleCallByTts", options, secrets, voice),
)
