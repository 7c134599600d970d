"""The elder's button, as a story: what is pressed, heard from the gateway, seen and sent."""

from bell import button, patterns
from bell.ticks import PERIOD, ticks_add

STARTS = (0, PERIOD - 4000)  # the second wraps within every story
HOUR_MS = 3_600_000


class Story:
    """A button with a journal that always works, and a clock that the test moves."""

    def __init__(self, start=0, records=(), link=True, **config):
        self.now = start
        self.state = button.begin(config, list(records), start)
        self.room = dict(self.state)
        self.sent = []
        self.dropped = []
        self.sounds = []
        self.faults = []
        self.every = []
        self.lamp = ""
        self._sequence = 0
        self.kept = True
        self.happen("tick")
        if link:
            self.happen("link", True)

    def happen(self, *event):
        before = dict(self.state)
        pure = button.step(self.state, event, self.now, {})
        state, actions = button.step(self.state, event, self.now, self.room)
        assert self.state == before
        assert (state, actions) == pure  # wherever the next state is written
        self.room, self.state = self.state, state
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
            elif what == "faults":
                self.faults.append(arguments[0])
            elif what == "every":
                self.every.append(arguments[0])
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

    def pass_time(self, ms, step_ms=60_000):
        """Time in large steps, for what happens in hours and days."""
        for _ in range(ms // step_ms):
            self.now = ticks_add(self.now, step_ms)
            self.happen("tick")

    def settings(self, **fields):
        self.happen("message", "b-01", "settings", fields)

    def key(self, closed):
        self.happen("service", closed, self.now)

    def receipt(self, name, episode="b-01.e"):
        fields = {"id": name} if episode is None else {"id": name, "episode": episode}
        self.happen("message", "b-01", "receipt", fields)

    def told(self, state, episode="b-01.e", by="message", **more):
        fields = {"episode": episode, "state": state}
        fields.update(more)
        self.happen(by, "b-01", "episode", fields)

    def told_again(self, state, **more):
        """On a new connection, by the broker, which has kept it."""
        self.happen("link", False)
        self.happen("link", True)
        self.told(state, by="retained", **more)

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
    state, actions = button.step(state, ("tick",), 0, {})
    state, actions = button.step(state, ("pressed", 0), 0, {})
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


def test_who_was_said_to_come_is_void_with_the_next_press_though_its_receipt_comes_first():
    story = Story()
    for word in ("coming", "arrived"):
        story.press()
        story.receipt("x-1-{}".format(story._sequence))
        story.told(word, who="示例大姐")
        assert story.lamp == word + " 示例大姐"
        story.press()
        story.receipt("x-1-{}".format(story._sequence))
        assert story.lamp == "received"
        story.told("ringing")
        assert story.lamp == "received"


def test_coming_that_goes_back_to_ringing_is_shown():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.told("coming")
    story.told("ringing")
    assert story.lamp == "received"


def test_an_old_word_of_coming_does_not_light_the_lamp_for_what_is_over():
    story = Story()
    for name in ("b-01.1", "b-01.2"):
        story.told("coming", name)
        story.told("resolved", name)
    for word in ("coming", "arrived"):  # of a broker that has started with an old memory
        story.told(word, "b-01.1")
        assert story.lamp == "idle"
    story.told("ringing", "b-01.1")  # reopened
    assert story.lamp == "received"
    story.told("coming", "b-01.1")
    assert story.lamp == "coming"


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
        assert story.lamp != "cancelled"  # it is on disk, and not yet done
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
    story.told("resolved")
    assert story.lamp == "cancelled"
    story.press()
    assert story.lamp == "sensed"


def test_a_cancel_of_nothing_is_shown_as_taken_back():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.press(4_000)
    story.receipt("x-1-2")
    story.receipt("x-1-3", None)
    assert story.lamp == "cancelled"


def test_a_call_that_comes_to_the_gateway_after_its_cancel_is_shown_for_it_rings():
    story = Story()
    story.press()
    story.press(4_000)
    assert story.kinds()[-1] == "cancel"
    story.state, _ = button.step(
        story.state, ("message", "b-01", "receipt", {"id": "x-1-3"}), story.now, {}
    )
    story.receipt("x-1-1", "b-01.x-1-1")
    story.receipt("x-1-2", "b-01.x-1-1")
    assert story.lamp == "received"
    story.told("ringing", "b-01.x-1-1")
    story.wait(11_000)
    assert story.lamp == "received"


def test_a_finger_that_was_not_seen_to_hold_cancels_nothing():
    story = Story()
    story.press()
    story.happen("pressed", story.now)
    story.now += 5_000  # a name is looked up, and nothing else happens meanwhile
    story.happen("tick")
    story.happen("released", story.now)
    story.wait(5_000)
    assert "cancel" not in story.kinds()


def test_what_was_told_long_ago_makes_no_cancel_of_a_first_press():
    story = Story()
    story.told("ringing")
    story.press(40_000)
    assert "cancel" not in story.kinds()
    story.wait(61_000)
    story.press(4_000)
    assert "cancel" not in story.kinds()


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
        state, actions = button.step(before, event, 0, {})
        assert state == before
        assert actions == []


def test_a_step_never_changes_the_state_it_was_given():
    story = Story()
    before = story.state
    copy = dict(before)
    button.step(before, ("pressed", 0), 0, {})
    button.step(before, ("link", False), 0, {})
    assert before == copy


# -- the first moments, and gestures ---------------------------------------------------------


def test_a_button_held_at_power_up_calls_and_never_cancels_what_was_pressed_before():
    # An elder lies on the button, and the power comes back.
    record = {"leaf": "press", "id": "x-1-9", "kind": "call"}
    for start in STARTS:
        story = Story(start, records=[record])
        story.press(20_000)
        assert set(story.kinds()) == {"call"}
        assert len(story.kinds()) == 2


def test_a_button_held_days_after_power_up_cancels_as_ever():
    # The difference of two ticks turns negative after half a period: the start must be forgotten.
    for start in STARTS:
        story = Story(start)
        story.pass_time(7 * 86_400_000)
        story.press()
        story.press(4_000)
        assert story.kinds().count("cancel") == 1


def test_lamp_and_sound_tell_that_the_hold_was_long_enough_while_it_is_held():
    for start in STARTS:
        story = Story(start)
        story.press()
        story.receipt("x-1-1")
        story.happen("pressed", story.now)
        story.wait(2_900)
        assert story.lamp == "sensed"
        story.wait(200)
        assert story.lamp == "cancelling"
        assert story.sounds[-1] == patterns.PATTERNS["cancelling"][1:]


def test_the_hold_is_told_even_when_nothing_gets_through():
    story = Story(link=False)
    story.press()
    story.wait(20_000)
    assert story.lamp == "unheard"
    story.press(3_100)
    assert story.lamp == "cancelling"
    story.wait(2_000)
    assert story.lamp == "unheard"


def test_a_cancel_that_the_gateway_only_asks_about_shows_the_episode_again():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.told("coming", who="示例大姐")
    story.press(4_000)
    story.receipt("x-1-2")
    story.receipt("x-1-3")
    assert story.lamp == "received"  # the press that was held has called again
    story.told("coming", who="示例大姐")
    assert story.lamp == "coming 示例大姐"


def test_a_press_while_the_service_key_is_held_is_a_test():
    for start in STARTS:
        story = Story(start)
        story.wait(1_000)
        story.key(True)
        story.press()
        assert story.kinds() == ["test"]
        assert story.lamp == "sensed"
        story.receipt("x-1-1", "b-01.x-1-1")
        assert story.lamp == "received"
        story.told("resolved", "b-01.x-1-1")
        story.wait(10_000)
        assert story.lamp == "idle"


def test_a_test_is_never_held_into_a_cancel():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.key(True)
    story.press(5_000)
    assert story.kinds() == ["call", "test"]


def test_one_closing_of_the_service_key_makes_one_test():
    story = Story()
    story.wait(1_000)
    story.key(True)
    story.press()
    story.press()
    assert story.kinds() == ["test", "call"]


def test_a_service_key_that_was_let_go_or_is_held_too_long_makes_no_test():
    for start in STARTS:
        story = Story(start)
        story.wait(1_000)
        story.key(True)
        story.key(False)
        story.press()
        story.key(True)
        story.wait(10_000)
        story.press()
        assert story.kinds() == ["call", "call"]


def test_a_service_key_that_is_closed_at_power_up_turns_no_call_into_a_test():
    for start in STARTS:
        story = Story(start)
        story.key(True)
        story.press()
        assert story.kinds() == ["call"]


def test_no_play_with_the_button_alone_makes_a_test_and_each_press_is_a_call():
    story = Story(link=False)
    for turn in range(40):
        story.press(100 * (1 + turn * 7 % 40))
        story.wait(100 * (turn * 5 % 30))
    story.happen("link", True)
    assert set(story.kinds()) == {"call", "cancel"}
    assert story.kinds().count("call") == 40


def test_a_test_does_not_hide_that_somebody_is_coming():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.told("coming")
    story.key(True)
    story.press()
    story.receipt("x-1-2", "b-01.test")
    story.wait(10_000)
    assert story.lamp == "coming"


def test_a_test_long_after_a_call_shows_nothing_of_the_call():
    story = Story()
    story.press()
    story.receipt("x-1-1")
    story.told("resolved")
    story.key(True)
    story.press()
    story.receipt("x-1-2", "b-01.test")
    story.told("ringing", "b-01.test")
    story.told("resolved", "b-01.test")
    story.wait(10_000)
    assert story.lamp == "idle"


# -- not getting through ---------------------------------------------------------------------


def unheard(start=0):
    story = Story(start, link=False)
    story.press()
    story.wait(8_000)
    assert story.lamp == "unheard"
    return story


def test_every_press_is_felt_even_when_nothing_gets_through():
    story = unheard()
    story.press()
    assert story.lamp == "sensed"
    story.wait(2_000)
    assert story.lamp == "unheard"
    assert story.sounds[-1][1] == 12_000


def test_the_first_minute_cannot_be_quieted():
    for start in STARTS:
        story = unheard(start)
        for _ in range(10):
            story.press()
            story.wait(2_500)
            assert story.sounds[-1] == patterns.PATTERNS["unheard"][1:]


def test_after_the_first_minute_it_comes_once_a_minute():
    for start in STARTS:
        story = unheard(start)
        story.wait(59_000)
        assert story.sounds[-1][1] == 12_000
        story.wait(2_000)
        assert story.sounds[-1] == patterns.PATTERNS["unheard later"][1:]
        story.pass_time(10 * 86_400_000)
        assert story.sounds[-1] == patterns.PATTERNS["unheard later"][1:]
        assert story.lamp == "unheard"


def test_a_press_after_the_first_minute_is_told_once_more_and_quietens_for_an_hour():
    for start in STARTS:
        story = unheard(start)
        story.wait(61_000)
        story.press()
        story.wait(2_000)
        assert story.lamp == "unheard"
        assert story.sounds[-1] == patterns.PATTERNS["unheard once"][1:]
        story.pass_time(HOUR_MS - 60_000)
        assert story.sounds[-1][1] == 0
        story.pass_time(120_000)
        assert story.sounds[-1] == patterns.PATTERNS["unheard later"][1:]
        story.happen("link", True)
        assert story.kinds() == ["call", "call"]


def test_what_was_quieted_is_loud_again_the_next_time():
    story = unheard()
    story.wait(61_000)
    story.press()
    story.receipt("x-1-1")
    story.receipt("x-1-2")
    story.press()
    story.wait(8_000)
    assert story.sounds[-1] == patterns.PATTERNS["unheard"][1:]


def test_a_call_that_was_taken_back_sounds_no_more_though_neither_gets_through():
    story = unheard()
    story.press(4_000)
    story.wait(10_000)
    assert story.lamp == "unheard"
    assert story.sounds[-1][1] == 0
    story.press()
    story.wait(10_000)
    assert story.sounds[-1][1] == 12_000


def test_a_test_that_does_not_get_through_sounds_once():
    story = Story(link=False)
    story.wait(1_000)
    story.key(True)
    story.press()
    story.wait(9_000)
    assert story.lamp == "unheard"
    assert story.sounds[-1] == patterns.PATTERNS["unheard once"][1:]


# -- faults, supply, settings ----------------------------------------------------------------


def test_a_button_closed_for_30_seconds_is_a_fault_and_one_call():
    for start in STARTS:
        story = Story(start)
        story.happen("pressed", story.now)
        story.wait(29_900)
        assert story.faults == []
        story.wait(100)
        assert story.faults == ["stuck"]
        story.receipt("x-1-1")
        story.pass_time(8 * 86_400_000)
        assert story.faults == ["stuck"]
        assert story.kinds() == ["call"]
        assert story.lamp == "received"
        story.told("resolved")
        assert story.lamp == "fault"
        story.happen("released", story.now)
        assert story.faults == ["stuck", ""]
        assert story.lamp == "idle"


def test_a_stuck_button_that_comes_free_calls_again():
    story = Story()
    story.press(31_000)
    story.press()
    assert story.kinds() == ["call", "call"]


def test_a_flash_that_takes_nothing_is_a_fault_until_it_does():
    story = Story()
    story.kept = False
    story.press()
    assert story.faults == ["flash"]
    story.kept = True
    story.press()
    assert story.faults == ["flash", ""]


def test_a_low_supply_is_shown_and_told_until_it_is_well_above_the_mark():
    story = Story(supply={"low_mv": 3500})
    for mv, lamp in ((3500, "idle"), (3499, "supply"), (3550, "supply"), (3605, "idle")):
        story.happen("supply", mv)
        assert story.lamp == lamp, mv
    assert story.faults == ["supply", ""]


def test_the_worst_of_several_faults_is_shown_and_all_are_told():
    story = Story(supply={"low_mv": 3500})
    story.happen("supply", 3000)
    story.happen("fault", "flash", True)
    assert story.lamp == "fault"
    story.happen("fault", "config", True)
    assert story.lamp == "setup"
    assert story.faults[-1] == "config flash supply"
    story.happen("fault", "config", True)
    assert len(story.faults) == 3


def test_a_fault_never_hides_what_becomes_of_a_call():
    story = Story()
    story.happen("fault", "flash", True)
    story.press()
    assert story.lamp == "sensed"
    story.receipt("x-1-1")
    assert story.lamp == "received"


def test_quiet_settings_silence_faults_but_never_a_call():
    story = Story(supply={"low_mv": 3500}, link=False)
    story.settings(quiet=True)
    story.happen("supply", 3000)
    assert story.lamp == "supply"
    assert story.sounds[-1] == ((), 0)
    for word in ("sensed", "unheard"):
        story.press() if word == "sensed" else story.wait(8_000)
        assert story.sounds[-1] == patterns.PATTERNS[word][1:]
    story.receipt("x-1-1")
    story.told("resolved")
    story.settings()
    assert story.sounds[-1] == patterns.PATTERNS["supply"][1:]


def test_the_gateway_sets_the_interval_of_the_heartbeat_and_takes_it_back():
    story = Story()
    story.settings(heartbeat_s=30)
    story.settings()
    assert story.every == [30, None]


def test_who_was_to_come_is_believed_no_longer_than_the_gateway_said():
    for start in STARTS:
        story = Story(start)
        story.press()
        story.receipt("x-1-1")
        story.told("coming", who="示例大姐", for_ms=600_000)
        story.pass_time(540_000)
        assert story.lamp == "coming 示例大姐"
        story.told("coming", who="示例大姐", for_ms=600_000)  # a second one comes as well
        story.pass_time(540_000)
        assert story.lamp == "coming 示例大姐"
        story.pass_time(60_000)
        assert story.lamp == "received"
        story.told("coming", who="示例大哥")
        story.pass_time(HOUR_MS)
        assert story.lamp == "coming 示例大哥"


def test_what_is_told_later_does_not_end_with_what_was_told_before():
    story = Story()
    story.told("coming", for_ms=1_000)
    story.told("arrived")
    story.wait(2_000)
    assert story.lamp == "arrived"
    story.told("resolved", for_ms=1_000)
    story.wait(2_000)
    assert story.lamp == "idle"


def test_that_somebody_comes_holds_no_longer_for_being_told_again_by_the_broker():
    for start in STARTS:
        story = Story(start)
        story.press()
        story.receipt("x-1-1")
        coming = {"who": "示例大姐", "for_ms": 600_000}
        story.told("coming", **coming)
        story.pass_time(540_000)
        story.told_again("coming", **coming)
        story.pass_time(60_000)
        assert story.lamp == "received"
        story.told_again("coming", **coming)  # a broker forgets it some moments later
        assert story.lamp == "received"
        story.told_again("coming", who="示例大哥", for_ms=600_000)  # who answered meanwhile
        story.pass_time(540_000)
        assert story.lamp == "coming 示例大哥"
        story.told_again("arrived", who="示例大哥")
        story.told_again("arrived", who="示例大哥")
        assert story.lamp == "arrived 示例大哥"
        story.told_again("resolved")
        assert story.lamp == "idle"


def test_who_comes_after_another_press_is_news_though_it_be_the_same_one():
    story = Story()
    coming = {"who": "示例大姐", "for_ms": 600_000}
    story.told_again("coming", **coming)  # after a start it is news
    story.press()
    story.receipt("x-1-1")
    assert story.lamp == "received"
    story.told_again("coming", **coming)
    story.pass_time(540_000)
    assert story.lamp == "coming 示例大姐"
    story.pass_time(60_000)
    assert story.lamp == "received"


def test_after_a_step_that_fails_a_press_is_as_if_it_had_not_been():
    for start in STARTS:
        it = Story(start)
        before = dict(it.state)
        try:
            button.step(
                it.state, ("message", "b-01", "episode", {"episode": "b-01.1"}), it.now, it.room
            )
            has_failed = False
        except KeyError:
            has_failed = True
        assert has_failed
        assert it.state == before
        it.press()
        assert it.lamp == "sensed"
        assert [leaf for leaf, _ in it.sent] == ["press"]
