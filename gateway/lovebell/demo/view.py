"""What the demo shows and which keys it takes.

Owns the screen, in Chinese and English, and the meaning of keys. Knows nothing of terminals: the
caller feeds keys and shows what `render` returns.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lovebell import story
from lovebell.demo.community import BUTTON, CHIMES, HOME, PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from lovebell.demo.community import Community, Moment
    from simulator.board import VirtualBoard

_LAMPS: Final = {
    "off": ("没有电", "no power", "dim"),
    "idle": ("静", "at rest", "white"),
    "sensed": ("已感知", "sensed", "yellow"),
    "received": ("已收到，呼叫中", "received, calling", "bright_yellow"),
    "coming": ("有人来了", "somebody is coming", "bold green"),
    "arrived": ("人到了", "somebody is here", "green"),
    "cancelling": ("正在取消", "being taken back", "cyan"),
    "cancelled": ("已取消", "taken back", "cyan"),
    "unheard": ("未送达，请打电话", "NOT HEARD: TELEPHONE", "bold red"),
    "supply": ("电压低", "low supply", "red"),
    "fault": ("有故障", "fault", "red"),
    "setup": ("配置有误", "wrong settings", "red"),
}
_STATES: Final = {
    "ringing": ("响铃中", "ringing"),
    "acknowledged": ("已应答", "acknowledged"),
    "arrived": ("已到达", "arrived"),
    "resolved": ("已办结", "resolved"),
}
_TEXTS: Final = {
    "title": ("爱心门铃 · 演示", "The love doorbell · demo"),
    "record": ("记录", "record"),
    "episode": ("求助事件", "episode"),
    "none": ("还没有人按铃", "nobody has pressed yet"),
    "quiet": ("静", "quiet"),
    "rings": ("叮咚！叮咚！", "ding-dong!"),
    "gateway": ("网关", "gateway"),
    "alive": ("运行中", "running"),
    "dead": ("已停", "down"),
    "busy": ("启动中", "starting"),
    "wifi": ("Wi-Fi", "Wi-Fi"),
    "no_wifi": ("Wi-Fi 断开", "no Wi-Fi"),
    "no_broker": ("连不上服务器", "no broker"),
    "step": ("第 {} 步", "step {}"),
}
LINES: Final = 100  # of the record, read at a time
#: key -> what it does, in both languages.
KEYS: Final = {
    "p": ("老人按铃", "press the button"),
    "c": ("再按住 3 秒：取消", "hold it 3 s: take back"),
    "1": ("大姐的门铃：我来了", "chime 1: I am coming"),
    "2": ("大哥的门铃", "chime 2"),
    "3": ("值班台的门铃", "the desk's chime"),
    "v": ("到了门口", "at the door"),
    "o": ("办结", "resolve"),
    "w": ("按钮 Wi-Fi 断/通", "cut/mend the button's Wi-Fi"),
    "a": ("大姐 Wi-Fi", "Wi-Fi of chime 1"),
    "s": ("大哥 Wi-Fi", "Wi-Fi of chime 2"),
    "d": ("值班台 Wi-Fi", "Wi-Fi of the desk"),
    "k": ("杀死/重启网关", "kill/restart the gateway"),
    "q": ("退出", "quit"),
}


class View:
    """The screen of one community. `quit` is set by the key q."""

    def __init__(self, community: Community, language: str) -> None:
        self._community = community
        self._column = 0 if language == "zh" else 1
        self._language = language
        self._starting: asyncio.Task[None] | None = None
        self._without_wifi: set[str] = set()
        self.quit = asyncio.Event()
        self._on_key: dict[str, Callable[[], object]] = {
            "p": lambda: self._press(community.button, 200),
            "c": lambda: self._press(community.button, 3500),
            "v": lambda: self._command("arrive"),
            "o": lambda: self._command("resolve"),
            "w": lambda: self._cut(BUTTON, community.button),
            "k": self._kill_or_start,
            "q": self.quit.set,
        }
        for key, wifi, name, chime in zip("123", "asd", CHIMES, community.chimes, strict=True):
            self._on_key[key] = lambda chime=chime: self._press(chime, 200)
            self._on_key[wifi] = lambda name=name, chime=chime: self._cut(name, chime)

    def key(self, key: str) -> bool:
        """Do what the key is for; False for a key that is for nothing."""
        action = self._on_key.get(key.lower())
        if action is None:
            return False
        action()
        return True

    def render(self) -> RenderableType:
        """The screen as it is now."""
        moment = self._community.look()
        devices = [self._button(), *(self._chime(n) for n in range(len(CHIMES)))]
        row = Table.grid(expand=True)
        for _ in devices:
            row.add_column(ratio=1)
        row.add_row(*devices)
        return Group(
            Text(f" {self._say('title')} ", style="bold white on blue"),
            row,
            self._episode(moment),
            self._record(moment),
            self._keys(),
        )

    def lines_after(self, number: int) -> list[tuple[int, str]]:
        """The lines of the record after this number, with theirs, for a screen that scrolls."""
        names = self._community.names()
        return [
            (
                numbered.n,
                f"{story.clock_time(numbered.line.at_ms, with_day=False)}  "
                + story.sentence(
                    numbered.line.what,
                    numbered.line.who,
                    numbered.line.detail,
                    self._language,
                    names,
                ),
            )
            for numbered in self._community.look(LINES).lines
            if numbered.n > number
        ]

    # -- keys ----------------------------------------------------------------------------

    def _press(self, board: VirtualBoard, ms: int) -> None:
        if board.alive:
            board.press(ms)

    def _command(self, verb: str) -> None:
        episode = self._community.look().episode
        if episode is not None and episode.is_open:
            who = episode.coming[0].responder if episode.coming else PEOPLE[0].id
            outcome = "helped" if verb == "resolve" else ""
            self._community.command(verb, episode.id, "" if outcome else who, outcome)

    def _cut(self, name: str, board: VirtualBoard) -> None:
        self._without_wifi ^= {name}
        board.wifi(name not in self._without_wifi)

    def _kill_or_start(self) -> None:
        gateway = self._community.gateway
        if self._starting is not None and not self._starting.done():
            return
        if gateway.is_alive:
            gateway.kill()
        else:
            self._starting = asyncio.create_task(gateway.start())

    # -- panels --------------------------------------------------------------------------

    def _say(self, name: str) -> str:
        return _TEXTS[name][self._column]

    def _button(self) -> RenderableType:
        button = self._community.button
        lamp = _LAMPS.get(button.lamp, (button.lamp, button.lamp, "white"))
        text = Text(f"● {lamp[self._column]}", style=lamp[2])
        if button.who and button.lamp in ("coming", "arrived"):
            text.append(f"\n{button.who}")
        return Panel(text, title=f"{BUTTON} {HOME.name}", subtitle=self._link(BUTTON, button))

    def _chime(self, position: int) -> RenderableType:
        chime, name = self._community.chimes[position], CHIMES[position]
        rings = Text(self._say("rings"), style="bold white on red")
        text = rings if chime.ringing else Text(self._say("quiet"), style="dim")
        if len(chime.ringing) > 1:
            text.append(f" ×{len(chime.ringing)}")
        title = f"{name} {PEOPLE[position].name}"
        return Panel(text, title=title, subtitle=self._link(name, chime))

    def _link(self, name: str, board: VirtualBoard) -> str:
        if name in self._without_wifi:
            return f"[red]{self._say('no_wifi')}[/]"
        return f"[green]{self._say('wifi')}[/]" if board.broker_is_up else self._say("no_broker")

    def _episode(self, moment: Moment) -> RenderableType:
        text = Text(self._say("none"), style="dim")
        if moment.episode is not None:
            episode = moment.episode
            state = _STATES[episode.state.value][self._column]
            step = self._say("step").format(episode.step + 1)
            coming = "、".join(target.name for target in episode.coming)
            parts = [f"#{moment.number}", episode.label, state, step, coming, episode.outcome]
            text = Text(" · ".join(part for part in parts if part))
        is_starting = self._starting is not None and not self._starting.done()
        name = "busy" if is_starting else "alive" if self._community.gateway.is_alive else "dead"
        colour = {"busy": "yellow", "alive": "green", "dead": "bold red"}[name]
        gateway = f"{self._say('gateway')} [{colour}]{self._say(name)}[/]"
        return Panel(text, title=self._say("episode"), subtitle=gateway)

    def _record(self, moment: Moment) -> RenderableType:
        since = moment.lines[0].n - 1 if moment.lines else 0
        lines = [Text(line) for _, line in self.lines_after(since)]
        return Panel(Group(*lines), title=self._say("record"), height=14)

    def _keys(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        keys = [f"[bold cyan]{key}[/] {text[self._column]}" for key, text in KEYS.items()]
        for start in range(0, len(keys), 4):
            table.add_row(*keys[start : start + 4])
        return table
