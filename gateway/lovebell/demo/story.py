"""The story of the demo: played unattended, and true or not.

Owns the scenes and what must be seen in each. Every scene waits for what it names, so that a slow
machine takes longer and does not fail.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from lovebell import story
from lovebell.demo.community import CHIMES, PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lovebell.demo.community import Community

PATIENCE_S: Final = 60
LOOK_S: Final = 0.02
#: What the record of each episode must hold, in this order.
FIRST: Final = ("pressed", "rung", "reached", "step", "rung", "acknowledged", "arrived", "resolved")
SECOND: Final = ("pressed", "rung", "reached", "acknowledged", "resolved")

_SCENES: Final = {
    "up": ("网关、按钮和三个门铃都已就绪", "The gateway, the button and three chimes are up"),
    "sensed": ("{who}按下按钮，按钮：已感知", "{who} presses the button, which says: sensed"),
    "received": ("按钮：网关已收到，并已存盘", "The button says: received, on the gateway's disk"),
    "rings": ("{who}的门铃响了", "The chime of {who} rings"),
    "nobody": ("没有人应答……下一步", "Nobody answers … the next step"),
    "answers": ("{who}按下门铃：我来了", "{who} presses the chime: I am coming"),
    "hushed": ("其他门铃都静了", "The other chimes are quiet"),
    "coming": ("按钮：有人来了，{who}", "The button says: {who} is coming"),
    "arrives": ("{who}到了门口；按钮也知道了", "{who} is at the door, and the button shows it"),
    "resolved": ("办结：已帮助；按钮复位", "Resolved: helped; the button is at rest"),
    "frozen": ("网关停住了，这时{who}按铃", "The gateway stands still, and {who} presses"),
    "killed": (
        "在响铃之前，网关被 kill -9",
        "Before it could ring, the gateway is killed: kill -9",
    ),
    "itself": (
        "{who}的门铃自己响了：它直接听到了按钮",
        "The chime of {who} rings by itself: it heard the button directly",
    ),
    "back": ("网关重新启动", "The gateway is started again"),
    "follows": ("它收到那次按铃，存盘，并响铃", "It gets the press, writes it to disk, and rings"),
    "true": ("故事成真。记录如下：", "The story came true. This is the record:"),
}


class StoryError(RuntimeError):
    """The story did not come true; the message says in which scene."""


class Story:
    """Plays on a community that has been started. `say` is given each line as it happens."""

    def __init__(self, community: Community, language: str, say: Callable[[str], None]) -> None:
        self._community = community
        self._language = language
        self._print = say

    async def play(self) -> None:
        """Play both parts and print the record. Raises StoryError."""
        await self._until("up", lambda: all(board.broker_is_up for board in self._community.boards))
        first = await self._a_call_that_escalates()
        second = await self._a_call_while_the_gateway_dies()
        self._say("true")
        for episode, expected in ((first, FIRST), (second, SECOND)):
            self._check(episode, expected)

    async def _a_call_that_escalates(self) -> str:
        community = self._community
        button, (paired, neighbour, desk) = community.button, community.chimes
        button.press()
        await self._until("sensed", lambda: "lamp sensed" in button.log, "示例奶奶")
        await self._until("rings", lambda: paired.ringing, PEOPLE[0].name)
        await self._until("received", lambda: button.lamp == "received")
        episode = self._episode()
        self._say("nobody")
        await self._until("rings", lambda: neighbour.ringing, PEOPLE[1].name)
        neighbour.press()
        self._say("answers", PEOPLE[1].name)
        await self._until("coming", lambda: button.lamp == "coming", PEOPLE[1].name)
        await self._until("hushed", lambda: not (paired.ringing or desk.ringing))
        community.command("arrive", episode, PEOPLE[1].id)
        await self._until("arrives", lambda: button.lamp == "arrived", PEOPLE[1].name)
        community.command("resolve", episode, outcome="helped")
        await self._until("resolved", lambda: button.lamp == "idle")
        return episode

    async def _a_call_while_the_gateway_dies(self) -> str:
        community = self._community
        button, paired = community.button, community.chimes[0]
        before = self._episode()
        button.log.clear()
        community.gateway.freeze()
        button.press()
        await self._until("frozen", lambda: "lamp sensed" in button.log, "示例奶奶")
        community.gateway.kill()
        self._say("killed")
        await self._until("itself", lambda: paired.ringing, PEOPLE[0].name)
        await community.gateway.start()
        self._say("back")
        await self._until("received", lambda: button.lamp == "received")
        await self._until("follows", lambda: self._holds(SECOND[:3], self._episode()))
        episode = self._episode()
        if episode == before:
            raise StoryError(f"the press after the outage began no episode of its own: {before}")
        paired.press()
        self._say("answers", PEOPLE[0].name)
        await self._until("coming", lambda: button.lamp == "coming", PEOPLE[0].name)
        community.command("resolve", episode, outcome="helped")
        await self._until("resolved", lambda: button.lamp == "idle" and not paired.ringing)
        return episode

    # -- looking -------------------------------------------------------------------------

    async def _until(self, scene: str, happened: Callable[[], object], who: str = "") -> None:
        """Wait until it happened, then tell it. Raises StoryError."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not happened():
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            told = self._text(scene, who)
            raise StoryError(f"not within {PATIENCE_S} s: {told}\n{self._consoles()}") from None
        self._say(scene, who)

    def _episode(self) -> str:
        episode = self._community.look().episode
        return "" if episode is None else episode.id

    def _holds(self, expected: tuple[str, ...], episode: str) -> bool:
        """Whether the record of the episode holds all of it in this order."""
        happened = iter(line.what for line in self._community.story(episode))
        return all(any(what == one for one in happened) for what in expected)

    def _check(self, episode: str, expected: tuple[str, ...]) -> None:
        names = self._community.names()
        self._print(f"\n{episode}")
        for line in self._community.story(episode):
            said = story.sentence(line.what, line.who, line.detail, self._language, names)
            self._print(f"  {story.clock_time(line.at_ms, with_day=False)}  {said}")
        if not self._holds(expected, episode):
            raise StoryError(f"the record of {episode} does not hold {', '.join(expected)}")

    def _say(self, scene: str, who: str = "") -> None:
        self._print(self._text(scene, who))

    def _text(self, scene: str, who: str) -> str:
        return _SCENES[scene][0 if self._language == "zh" else 1].format(who=who)

    def _consoles(self) -> str:
        """What the boards and the gateway said last, for whoever has to find out why."""
        boards = [
            f"{name}: {' | '.join(list(board.log)[-8:])}"
            for name, board in zip(("button", *CHIMES), self._community.boards, strict=True)
        ]
        return "\n".join([*boards, f"gateway: {self._community.gateway.words()[-1500:]}"])
