"""The elder's button, as a story: what is pressed, heard from the gateway, seen and sent."""

from bell import button
from bell.ticks import PERIOD, ticks_add

STARTS = (0, PERIOD - 4000)  # the second wraps within every story


class Story:
    """A button with a journal that always works, and a clock that the test moves."""

    def __init__(self, start=0, records=(), link=True):
        self.now = start
        self.state = button.begin({}, list(records), start)
        self.sent = []
        self.dropped = []
        self.sounds = []
        self.lamp = ""
        self._sequence = 0
        self.kept = True
        self.happen("tick")
        if link:
            self.happen("link", True)

    def happen(self, *event):
        self.state, actions = button.step(self.state, event, self.now)
        noted = []
        for what, *arguments in actions:
            if what == "note":
                leaf, fields, at = arguments
                self._sequence += 1
                record = {"leaf": leaf, "id": "x-1-{}".format(self._sequence)}
                record.update(fields)
                noted.append(("noted", record, None, self.kept, at))
            elif what == "send":
                self.sent.append((arguments[0], arguments[1]))
            elif what == "drop":
                self.dropped.append(arguments[0])
            elif what == "say" and arguments[0].startswith("lamp "):
                self.lamp = arguments[0][5:]
            elif what == "sound":
                self.sounds.append((arguments[0], arguments[1]))
        for event in noted:
            self.happen(*event)

    def wait(self, ms):
        for _ in range(ms // 100):
            self.now = ticks_add(self.now, 100)
            self.happen("tick")

    def press(self, ms=200):
        self.happen("pressed", self.now)
        self.wait(ms)
        self.happen("released", self.now)

    def receipt(self, name, episode="b-01.e"):
        self.happen("message", "b-01", "receipt", {"id": name, "episode": episode})

    def told(self, state, episode="b-01.e", **more):
        fields = {"episode": episode, "state": state}
        fields.update(more)
        self.happen("message", "b-01", "episode", fields)

    def kinds(self):
        """The kinds of the presses sent, each press once."""
        kinds = {fields["id"]: fields["kind"] for _, fields in self.sent}
        return [kinds[name] for name in sorted(kinds)]


def test_a_press_goes_from_sensed_to_received_to_coming():
    for start in STARTS:
        story = Story(start)
        assert story.lamp == "idle"
        story.press()
        assert story.lamp == "sensed"
        assert story.sent == [("press", {"id": "x-1-1", "kind": "call", "age_ms": 0})]
        story.receipt("x-1-1")
        assert story.dropped == ["x-1-1"]
        assert story.lamp == "received"
        story.told("ringing")
        assert story.lamp == "received"
        story.told("coming", who="示例大姐")
        assert story.lamp == "coming 示例大姐"
        story.told("arrived")
        assert story.lamp == "arrived"
        story.told("resolved")
        assert story.lamp == "idle"


def test_the_lamp_says_sensed_only_after_the_flash_has_it():
    state = button.begin({}, [], 0)
    state, actions = button.step(state, ("tick",), 0)
    state, actions = button.step(state, ("pressed", 0), 0)
    assert [action[0] for action in actions] == ["note"]


def test_a_press_that_the_flash_refuses_is_sent_but_never_called_sensed():
    story = Story()
    story.kept = False
    story.press()
    assert story.kinds() == ["call"]
    assert story.lamp == "unheard"
    story.receipt("x-1-1")
    assert story.lamp == "received"


def test_without_a_receipt_the_elder_is_told_after_8_seconds_and_again_and_again():
    for start in STARTS:
        story = Story(start, link=False)
        story.press()
        story.wait(7_700)
        assert story.lamp == "sensed"
        story.wait(200)
        assert story.lamp == "unheard"
        notes, again_ms = story.sounds[-1]
        assert notes
        assert 0 < again_ms <= 30_000
        story.receipt("x-1-1")
        assert story.lamp == "received"


def test_a_press_without_a_link_is_sent_when_there_is_one():
    story = Story(link=False)
    story.press()
    story.wait(60_000)
    assert story.sent == []
    story.happen("link", True)
    assert story.sent == [("press", {"id": "x-1-1", "kind": "call", "age_ms": 60_200})]


def test_a_press_from_before_a_power_cut_is_sent_on_connecting():
    record = {"leaf": "press", "id": "x-1-9", "kind": "call"}
    story = Story(records=[record])
    assert story.sent == [("press", {"id": "x-1-9", "kind": "call"})]
    assert story.lamp == "sensed"
    story.receipt("x-1-9")
    assert story.lamp == "idle"
    story.told("coming")
    assert story.lamp == "coming"


def test_coming_for_another_episode_is_not_shown_after_a_press():
    story = Story()
    story.press()
    story.receipt("x-1-1", "b-01.new")
    story.told("coming", "b-01.old")
    assert story.lamp == "received"
    story.told("coming", "b-01.new")
    assert story.lamp == "coming"


def test_coming_is_not_shown_while_a_press_waits_for_its_receipt():
    story = Story()
    story.press()
    story.told("coming")
    assert story.lamp == "sensed"
    story.receipt("x-1-1")
    assert story.lamp == "coming"


def test_a_press_while_somebody_is_coming_is_a_call_like_any_other():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.told("coming")
    story.press()
    assert story.kinds() == ["call", "call"]
    assert story.lamp == "sensed"


def test_coming_that_goes_back_to_ringing_is_shown():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.told("coming")
    story.told("ringing")
    assert story.lamp == "received"


def test_after_a_start_the_retained_episode_is_shown():
    story = Story()
    story.told("coming", who="示例大姐")
    assert story.lamp == "coming 示例大姐"


def test_a_press_held_after_a_press_is_a_call_and_a_cancel():
    for start in STARTS:
        story = Story(start)
        story.press()
        story.receipt("x-1-1")
        story.press(2_900)
        assert story.kinds().count("cancel") == 0
        story.receipt("x-1-2")
        story.press(6_000)
        story.receipt("x-1-3")
        assert story.kinds().count("cancel") == 1
        story.receipt("x-1-4")
        assert story.lamp == "cancelled"
        story.told("resolved")
        assert story.lamp == "cancelled"
        story.wait(10_000)
        assert story.lamp == "idle"


def test_a_first_press_held_long_does_not_cancel_itself():
    story = Story()
    story.press(20_000)
    assert set(story.kinds()) == {"call"}


def test_a_call_after_a_cancel_is_shown_at_once():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.press(4_000)
    story.receipt("x-1-2")
    story.receipt("x-1-3")
    assert story.lamp == "cancelled"
    story.press()
    assert story.lamp == "sensed"


def test_a_receipt_that_comes_twice_changes_nothing():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.told("coming")
    story.receipt("x-1-1")
    assert story.lamp == "coming"


def test_a_receipt_for_an_older_press_leaves_the_newer_one_waiting():
    story = Story()
    story.press()
    story.press()
    story.receipt("x-1-1")
    assert story.lamp == "sensed"
    story.receipt("x-1-2")
    assert story.lamp == "received"


def test_what_the_button_does_not_know_changes_nothing():
    story = Story()
    for event in (("coffee",), ("message", "b-01", "ring", {}), ("released", 0)):
        before = story.state
        state, actions = button.step(before, event, 0)
        assert state == before
        assert actions == []


def test_a_step_never_changes_the_state_it_was_given():
    story = Story()
    before = story.state
    copy = dict(before)
    button.step(before, ("pressed", 0), 0)
    button.step(before, ("link", False), 0)
    assert before == copy


def test_every_lamp_has_a_pattern_of_its_own_and_what_matters_has_a_sound():
    cycles = [cycle for cycle, _, _ in button.LAMPS.values()]
    assert len(set(cycles)) == len(cycles)
    for lamp in ("sensed", "received", "coming", "cancelled", "unheard"):
        assert button.LAMPS[lamp][1]
