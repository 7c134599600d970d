"""The set-up page that the board serves: Chinese, and the same in English below.

Owns the words and the HTML. Pure. There is no place on it for the device's secret, the broker or
the authority: what it does not show and does not ask for, nobody can read or change here. Names of
networks come from whoever is in the air, so nothing goes onto the page unescaped.
"""

from bell.wifi import octets

_HEAD = """<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8">\
<meta name="viewport" content="width=device-width,initial-scale=1">{}\
<title>爱心门铃 Wi-Fi</title><style>\
body{{font:18px/1.5 sans-serif;margin:0 auto;max-width:28em;padding:1em;color:#222}}\
small,i{{color:#555;font-size:.8em;font-style:normal}}small{{display:block;line-height:1.35}}h1{{font-size:1.3em;margin:0}}\
p.said{{background:#fff3d6;border-left:.3em solid #c60;padding:.6em .8em}}\
p.done{{background:#e2f4e2;border-color:#282}}\
label{{display:block;padding:.45em 0;overflow-wrap:anywhere}}fieldset{{border:1px solid #bbb;\
margin:0 0 1em;padding:.3em .8em}}input[type=text]{{font:inherit;width:100%;padding:.4em;\
box-sizing:border-box}}input[type=radio],input[type=checkbox]{{width:1.2em;height:1.2em;\
vertical-align:-.15em}}button{{font:inherit;width:100%;padding:.7em;background:#a40;color:#fff;\
border:0;border-radius:.4em}}</style></head><body>"""

_CALL = """<p>按下大按钮就是呼叫：设置到此为止，呼叫马上送出去。<small>A press of the big button \
is a call: it ends the set-up and is sent at once.</small></p>"""

_WAIT_S = 6  # until a page that says "trying" looks again

_ROLES = {"button": ("按钮", "Button"), "chime": ("门铃", "Chime")}

# word -> Chinese, English; {} is the network.
WORDS = {
    "choose": (
        "选家里的 Wi-Fi，填上密码，按“连接”。",
        "Choose the home's Wi-Fi, type its password, and connect.",
    ),
    "trying": (
        "正在试“{}”，最多半分钟。手机若与板子断开，请重新连上板子的 Wi-Fi，再看这一页。",
        'Trying "{}", for up to half a minute. If the phone loses the board, join the board\'s '
        "Wi-Fi again and look here.",
    ),
    "joined": (
        "成了：连上了“{}”，已经保存。板子马上重新启动。过一分钟请做一次测试按铃。",
        'Done: it has joined "{}", and that is saved. The board now starts again. Make a test '
        "press in a minute.",
    ),
    "kept": (
        "没有试，“{}”已经保存，原来的网络也留着。板子马上重新启动。到了那里请做一次测试按铃。",
        '"{}" is saved without a try, and the networks from before stay. The board now starts '
        "again. Make a test press when it is there.",
    ),
    "wrong": (
        "“{}”不接受这个密码，什么也没有改。请核对大小写，再试一次。",
        '"{}" does not take this password; nothing was changed. Check capital letters and try '
        "again.",
    ),
    "missing": (
        "这里收不到“{}”，什么也没有改。请核对名称；板子只会 2.4 GHz 的网络。",
        '"{}" is not in the air here; nothing was changed. Check the name; the board knows '
        "networks of 2.4 GHz only.",
    ),
    "silent": (
        "“{}”没有应答，什么也没有改。请靠近路由器，或重启路由器，再试一次。",
        '"{}" does not answer; nothing was changed. Go nearer to the router, or start it again, '
        "and try once more.",
    ),
    "flash": (
        "存不进去，什么也没有改。请拔掉电源再插上，重做一次；再不行就找技术员。",
        "It could not be saved; nothing was changed. Unplug the board and begin again; if that "
        "does not help, call the technician.",
    ),
    "ssid": (
        "网络名称要 1 到 32 个字节（一个汉字算三个）。请选一个或重写。",
        "A network's name has 1 to 32 bytes. Choose one or type it again.",
    ),
    "password": (
        "密码要 8 到 63 个字节，或 64 位十六进制密钥，没有密码就空着。请重写。",
        "A password has 8 to 63 bytes, or is a key of 64 hexadecimal digits, or stays empty for an "
        "open network. Type it again.",
    ),
    "old": (
        "这一页已经过时，什么也没有改。请在下面重写。",
        "That page was out of date; nothing was changed. Fill in this one.",
    ),
}
DONE = ("joined", "kept")


def pieces(settings: dict, version: str, networks: list, said: tuple, token: str):
    """The page, piece by piece: a board has no room for all of it at once. `networks` are (name,
    dBm), `said` is (a word of WORDS, the network it is about)."""
    word, network = said
    # Not `content=6` alone: a form that was sent would be sent again.
    yield _HEAD.format(
        '<meta http-equiv="refresh" content="{};url=/">'.format(_WAIT_S) if word == "trying" else ""
    )
    role = _ROLES[settings["role"]]
    yield "<h1>爱心门铃 · {} {}</h1><small>The love doorbell · {} {} · {}</small>".format(
        role[0], settings["device"], role[1], settings["device"], version
    )
    kind = "done" if word in DONE else ""
    zh, en = WORDS[word]
    name = escaped(network)
    yield '<p class="said {}">{}<small>{}</small></p>'.format(
        kind, zh.format(name), en.format(name)
    )
    if word not in DONE and word != "trying":
        for piece in _form(networks, network, token):
            yield piece
        if settings["role"] == "button":
            yield _CALL
    yield "</body></html>"


def _form(networks: list, chosen: str, token: str):
    yield '<form method="post" action="/"><fieldset>'
    for name, dbm in networks:
        yield '<label><input type="radio" name="ssid" value="{}"{}> {} <i>{}</i></label>'.format(
            *(escaped(name), " checked" if name == chosen else ""),
            *(escaped(_readable(name)), _strength(dbm)),
        )
    # Always empty: what is typed goes before what is chosen, so nothing may stand here unseen.
    yield (
        "<label>别的网络<small>Another network</small>"
        '<input type="text" name="other" maxlength="68" autocomplete="off" autocapitalize="none">'
        "</label><label><a href='/again'>重新找</a><small>Search again</small></label></fieldset>"
    )
    yield (
        "<label>密码<small>Password</small>"
        '<input type="text" name="password" maxlength="64" autocomplete="off"'
        ' autocapitalize="none" autocorrect="off" spellcheck="false"></label>'
        '<label><input type="checkbox" name="untried" value="1"> 不试，直接保存：'
        "板子要去别处时用<small>Save without a try: for a board that goes elsewhere</small></label>"
        '<input type="hidden" name="token" value="{}">'
        "<p><button>连接 Connect</button></p></form>"
    ).format(token)


def _readable(name: str) -> str:
    """A name that is no UTF-8 with what anybody can read of it before its bytes: a board knows no
    other alphabet."""
    if name[:4] != "hex:":
        return name
    letters = [chr(one) if 32 <= one < 127 else "·" for one in octets(name)]
    return "{} ({})".format("".join(letters), name)


def _strength(dbm: int) -> str:
    if dbm >= -67:
        return "强 strong"
    return "中 fair" if dbm >= -75 else "弱 weak"


def escaped(text: str) -> str:
    """`text` so that HTML takes it for nothing but text, also between quotes."""
    for letter, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        text = text.replace(letter, "&" + name + ";")
    return text
