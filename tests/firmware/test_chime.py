"""The volunteer's chime, as a story: who rings, who is answered, what is said."""

from bell import chime, melody, patterns
from bell.ticks import PERIOD, ticks_add

STARTS = (0, PERIOD - 4000)


class Story:
    """A chime with a journal that always works, and a clock that the test moves."""

    def __init__(self, start=0, records=(), hears=("b-01",), settled=True):
        self.now = start
        self.state = chime.begin({"hears": list(hears)}, list(records), start)
        self.room = dict(self.state)
        self.sent = []
        self.dropped = []
        self.sound = ((), 0)
        self.sounds = 0
        self.rings = ()
        self.lamp = ""
        self._sequence = 0
        self.faults = []
        self.every = []
        self.happen("tick")
        self.happen("link", True, not settled)

    def happen(self, *event):
        before = dict(self.state)
        pure = chime.step(self.state, event, self.now, {})
        state, actions = chime.step(self.state, event, self.now, self.room)
        assert self.state == before
        assert (state, actions) == pure  # wherever the next state is written
        self.room, self.state = self.state, state
        noted = []
        for what, *arguments in actions:
            if what == "note":
                leaf, fields, at = arguments
                self._sequence += 1
                record = {"leaf": leaf, "id": "c-1-{}".format(self._sequence)}
                record.update(fields)
                noted.append(("noted", record, None, True, at))
            elif what == "send":
                self.sent.append((arguments[0], arguments[1]))
            elif what == "drop":
                self.dropped.append(arguments[0])
            elif what == "faults":
                self.faults.append(arguments[0])
            elif what == "every":
                self.every.append(arguments[0])
            elif what == "sound":
                self.sound = tuple(arguments)
                self.sounds += 1
            elif what == "say":
                word, _, rest = arguments[0].partition(" ")
                if word == "rings":
                    self.rings = tuple(rest.split()) if rest != "-" else ()
                elif word == "lamp":
                    self.lamp = rest
        for event in noted:
            self.happen(*event)

    def wait(self, ms):
        for _ in range(ms // 100):
            self.now = ticks_add(self.now, 100)
            self.happen("tick")

    def press(self):
        self.happen("pressed", self.now)

    def ring(self, episode, button=None, **more):
        fields = {
            "episode": episode,
            "kind": "call",
            "button": button or episode.split(".")[0],
            "home": "示例路",
            "step": 1,
            "for_ms": 45_000,
        }
        fields.update(more)
        self.happen("message", "c-01", "ring", fields)

    def hush(self, episode, why="acknowledged"):
        self.happen("message", "c-01", "hush", {"episode": episode, "why": why})

    def hear(self, name, kind="call", button="b-01"):
        fields = {"id": name, "kind": kind, "count": 1}
        self.happen("message", button, "press", fields)

    def said(self, leaf, field="episode"):
        return [fields[field] for sent, fields in self.sent if sent == leaf]


def ring_at(level):
    notes, again_ms = melody.RINGS[level - 1]
    return notes, again_ms, level


def test_a_ring_sounds_and_is_confirmed():
    story = Story()
    story.ring("b-01.1")
    assert story.rings == ("b-01.1",)
    assert story.said("ringing") == ["b-01.1"]
    assert story.sound == ring_at(1)
    assert story.lamp == "ringing"


def test_a_press_acknowledges_and_the_sound_ends():
    for start in STARTS:
        story = Story(start)
        story.ring("b-01.1")
        story.press()
        assert story.sent[-1] == (
            "acknowledge",
            {"id": "c-1-1", "episode": "b-01.1", "age_ms": 0},
        )
        assert story.rings == ()
        assert story.sound == (patterns.PATTERNS["sensed"][1], 0)
        assert story.lamp == "sensed"
        story.happen("message", "c-01", "receipt", {"id": "c-1-1", "episode": "b-01.1"})
        assert story.dropped == ["c-1-1"]
        assert story.lamp == "received"
        story.wait(10_000)
        assert story.lamp == "idle"


def test_the_sound_goes_on_until_the_acknowledgement_is_on_flash():
    story = Story()
    story.ring("b-01.1")
    _, actions = chime.step(story.state, ("pressed", story.now), story.now, {})
    assert [action[0] for action in actions] == ["note"]


def test_one_press_answers_the_one_ringing_longest_and_the_others_go_on():
    story = Story()
    story.ring("b-01.1")
    story.ring("b-02.1")
    story.ring("b-01.1")
    story.press()
    assert story.said("acknowledge") == ["b-01.1"]
    assert story.rings == ("b-02.1",)
    story.wait(chime.AGAIN_MS)
    story.press()
    assert story.said("acknowledge") == ["b-01.1", "b-02.1"]
    assert story.rings == ()


def test_an_acknowledgement_is_repeated_until_its_receipt():
    story = Story()
    story.ring("b-01.1")
    story.press()
    story.wait(10_000)
    assert story.said("acknowledge") == ["b-01.1"] * 3  # at once, after 3 and after 9 seconds
    assert story.lamp == "unheard"


def test_an_acknowledgement_from_before_a_power_cut_is_sent_on_connecting():
    record = {"leaf": "acknowledge", "id": "c-1-9", "episode": "b-01.1"}
    story = Story(records=[record])
    assert story.sent == [("acknowledge", {"id": "c-1-9", "episode": "b-01.1"})]


def test_the_same_ring_twice_is_one_ring_whose_time_begins_anew():
    for start in STARTS:
        story = Story(start)
        story.ring("b-01.1", for_ms=10_000)
        story.wait(8_000)
        story.ring("b-01.1", for_ms=10_000)
        assert story.said("ringing") == ["b-01.1"] * 2
        story.wait(9_900)
        assert story.rings == ("b-01.1",)
        story.wait(100)
        assert story.rings == ()
        assert story.sound == ((), 0)


def test_a_later_step_sounds_louder_and_faster():
    story = Story()
    sounds = []
    for step in (1, 2, 3, 64):
        story.ring("b-01.1", step=step)
        sounds.append(story.sound)
    assert sounds == [ring_at(level) for level in (1, 2, 3, 3)]
    duties = [notes[0][2] for notes, _ in melody.RINGS]
    pauses = [again_ms for _, again_ms in melody.RINGS]
    assert duties == sorted(duties)
    assert pauses == sorted(pauses, reverse=True)


def test_a_repeated_ring_does_not_begin_the_melody_again():
    story = Story()
    story.ring("b-01.1")
    before = story.sounds
    story.ring("b-01.1")
    story.ring("b-02.1")
    assert story.sounds == before


def test_a_hush_ends_that_episode_only_and_is_confirmed():
    story = Story()
    story.ring("b-01.1")
    story.ring("b-02.1")
    story.hush("b-01.1")
    assert story.said("hushed") == ["b-01.1"]
    assert story.rings == ("b-02.1",)


def test_a_hush_of_what_does_not_ring_is_confirmed_too():
    story = Story()
    story.hush("b-09.1")
    assert story.said("hushed") == ["b-09.1"]


def test_a_test_gives_one_soft_sound_and_needs_no_answer():
    story = Story()
    story.ring("b-01.1", kind="test")
    assert story.sound == (melody.TEST, 0)
    assert story.said("ringing") == ["b-01.1"]
    assert story.rings == ()


def tries(story):
    """The test press that the technician makes."""
    story.happen("service", True, story.now)
    story.happen("pressed", story.now)
    story.happen("released", story.now)
    return story.said("press", "id")


def test_the_technician_tests_a_chime_by_itself_and_hears_it_to_the_end():
    story = Story()
    (name,) = tries(story)
    assert story.sent[-1][1]["kind"] == "test"
    assert story.lamp == "sensed"
    story.ring("c-01." + name, button="c-01", kind="test")
    story.happen("message", "c-01", "receipt", {"id": name, "episode": "c-01." + name})
    assert story.dropped == [name]
    assert story.said("ringing") == ["c-01." + name]
    assert story.rings == ()
    assert (story.lamp, story.sound) == ("idle", (melody.TEST, 0))
    story.wait(2_000)
    assert story.sound == ((), 0)
    story.happen("pressed", story.now)  # one test for one closing of the key
    assert len(story.said("press", "id")) == 1


def test_a_test_that_does_not_get_through_is_told():
    story = Story()
    tries(story)
    story.wait(9_000)
    assert story.lamp == "unheard"


def test_a_press_long_after_the_key_is_no_test():
    story = Story()
    story.happen("service", True, story.now)
    story.wait(10_100)
    story.happen("pressed", story.now)
    story.happen("service", True, story.now)
    story.happen("service", False, story.now)
    story.happen("pressed", story.now)
    assert story.said("press", "id") == []


def test_while_it_rings_a_press_is_an_answer_whatever_the_key_does():
    story = Story()
    story.ring("b-01.1")
    assert tries(story) == []
    assert story.said("acknowledge") == ["b-01.1"]
    story.wait(1_100)
    story.happen("pressed", story.now)
    assert story.said("press", "id") == []


def test_a_test_does_not_interrupt_a_call():
    story = Story()
    story.ring("b-01.1")
    story.ring("b-02.1", kind="test")
    assert story.sound == ring_at(1)
    assert story.said("ringing") == ["b-01.1", "b-02.1"]


def test_a_ring_that_crosses_its_acknowledgement_is_silent_and_says_nothing_else():
    story = Story()
    story.ring("b-01.1")
    story.press()
    story.ring("b-01.1")
    assert story.rings == ()
    assert story.said("ringing") == ["b-01.1"]  # unconfirmed it comes again


def test_a_ring_sounds_again_when_the_acknowledgement_does_not_get_through():
    for start in STARTS:
        story = Story(start)
        story.ring("b-01.1")
        story.press()
        story.wait(7_900)
        story.ring("b-01.1")
        assert story.rings == ()
        story.wait(200)
        story.ring("b-01.1")
        assert story.rings == ("b-01.1",)
        assert story.said("ringing") == ["b-01.1"] * 2
        story.press()  # and can be answered again
        assert story.rings == ()
        assert story.said("acknowledge", "id")[-1] == "c-1-2"


def test_a_press_that_is_heard_after_the_acknowledgement_sounds_though_that_has_no_receipt():
    story = Story(hears=["b-01"])
    story.ring("b-01.1")
    story.press()
    story.hear("2")
    story.ring("b-01.1")  # the gateway's, whose disk may be full: then it gives no receipt
    assert story.rings == ("b-01.1",)
    assert story.said("ringing") == ["b-01.1"] * 2


def test_a_ring_after_the_receipt_sounds_again():
    story = Story()
    story.ring("b-01.1")
    story.press()
    story.happen("message", "c-01", "receipt", {"id": "c-1-1", "episode": "b-01.1"})
    story.ring("b-01.1")
    assert story.rings == ("b-01.1",)


def test_a_press_on_a_silent_chime_acknowledges_nothing():
    story = Story()
    story.press()
    assert story.sent == []
    assert story.sound == (melody.CLICK, 0)


def test_more_rings_than_it_can_hold_are_not_confirmed():
    story = Story()
    for number in range(chime.MOST_RINGS + 1):
        story.ring("b-{}.1".format(number))
    assert len(story.rings) == chime.MOST_RINGS
    assert len(story.said("ringing")) == chime.MOST_RINGS


def test_a_press_without_a_ring_from_the_gateway_rings_by_itself_after_2_seconds():
    for start in STARTS:
        story = Story(start)
        story.hear("x-1")
        story.wait(1_900)
        assert story.rings == ()
        story.wait(100)
        assert story.rings == ("b-01.x-1",)
        assert story.said("ringing") == ["b-01.x-1"]


def test_a_ring_from_the_gateway_settles_the_direct_one():
    story = Story()
    story.hear("x-1")
    story.ring("b-01.x-1")
    story.wait(5_000)
    assert story.said("ringing") == ["b-01.x-1"]


def test_a_late_ring_for_the_button_takes_the_place_of_the_direct_one():
    story = Story()
    story.hear("x-2")
    story.wait(3_000)
    story.ring("b-01.x-1")
    assert story.rings == ("b-01.x-1",)


def test_a_hush_ends_the_direct_ring_of_its_name_and_no_other():
    story = Story()
    story.hear("x-2")
    story.wait(3_000)
    story.hush("b-01.x-1")  # an old one, sent again by a gateway that has not heard of x-2 yet
    assert story.rings == ("b-01.x-2",)
    story.hush("b-01.x-2")
    assert story.rings == ()


def test_a_new_press_makes_a_home_that_rings_already_ring_on():
    story = Story()
    story.hear("x-1")
    story.wait(100_000)
    story.hear("x-2")
    story.wait(100_000)
    assert story.rings == ("b-01.x-1",)


def test_a_repeated_press_does_not_ring_twice():
    story = Story()
    story.hear("x-1")
    story.wait(3_000)
    story.press()
    story.hear("x-1")
    story.wait(5_000)
    assert story.rings == ()


def test_a_press_of_a_button_that_already_rings_changes_nothing():
    story = Story()
    story.ring("b-01.x-1")
    story.hear("x-2")
    story.wait(5_000)
    assert story.rings == ("b-01.x-1",)


def test_a_cancel_ends_the_direct_ring():
    story = Story()
    story.hear("x-1")
    story.wait(3_000)
    story.hear("x-2", kind="cancel")
    assert story.rings == ()


def test_a_test_press_and_a_strangers_press_ring_nothing():
    story = Story()
    story.hear("x-1", kind="test")
    story.hear("x-2", button="b-99")
    story.wait(5_000)
    assert story.rings == ()


def test_a_direct_ring_ends_by_itself():
    story = Story()
    story.hear("x-1")
    story.wait(chime.DIRECT_AFTER_MS + chime.DIRECT_FOR_MS)
    assert story.rings == ()


def test_a_chime_that_hears_no_button_subscribes_to_none():
    assert chime.subscriptions({"hears": []}) == []
    assert chime.subscriptions({"hears": ["b-01"]}) == [("b-01", "press")]


def test_the_lamp_flashes_once_for_each_home():
    story = Story()
    flashes = []
    for home in ("b-01.1", "b-02.1", "b-03.1"):
        story.ring(home)
        _, actions = chime.step(dict(story.state, shown=None), ("tick",), story.now, {})
        cycle = next(action[1] for action in actions if action[0] == "lamp")
        flashes.append(len(cycle) // 2)
    assert flashes == [1, 2, 3]
    assert len(melody.ringing(9)) // 2 == melody.MOST_FLASHES


# -- what may be stale -----------------------------------------------------------------------


def test_a_stale_ring_that_the_broker_kept_is_hushed_before_it_sounds():
    for start in STARTS:
        story = Story(start, settled=False)
        sounds = story.sounds
        story.ring("b-01.old")
        assert story.said("ringing") == ["b-01.old"]
        story.wait(chime.STALE_MS - 100)
        story.hush("b-01.old", "resolved")
        story.wait(5_000)
        assert story.rings == ()
        assert story.sounds == sounds


def test_a_ring_right_after_connecting_sounds_when_the_gateway_does_not_take_it_back():
    for start in STARTS:
        story = Story(start, settled=False)
        story.wait(chime.BACK_MS - 100)
        story.ring("b-01.1")
        assert story.rings == ()
        story.wait(chime.STALE_MS)
        assert story.rings == ("b-01.1",)
        story.ring("b-02.1")
        assert story.rings == ("b-01.1", "b-02.1")


def test_a_ring_on_a_new_session_cannot_be_stale_and_sounds_at_once():
    story = Story()
    story.happen("link", False)
    story.happen("link", True, False)
    story.ring("b-01.1")
    assert story.rings == ("b-01.1",)


def test_a_ring_that_sounds_goes_on_sounding_through_a_new_connection():
    story = Story()
    story.ring("b-01.1")
    sounds = story.sounds
    story.happen("link", False)
    story.happen("link", True, True)
    story.ring("b-01.1")
    assert story.rings == ("b-01.1",)
    assert story.sounds == sounds


def test_a_press_while_only_a_stale_ring_is_there_answers_nothing():
    story = Story(settled=False)
    story.ring("b-01.old")
    story.press()
    assert story.said("acknowledge") == []


def test_nothing_rings_after_a_power_cut_until_the_gateway_says_so():
    story = Story(records=[{"leaf": "acknowledge", "id": "c-1-9", "episode": "b-01.1"}])
    story.wait(5_000)
    assert story.rings == ()


def test_a_ring_lasts_as_long_as_it_says_and_wraps_the_ticks():
    for start in STARTS:
        story = Story(start)
        story.ring("b-01.1", for_ms=20_000)
        story.wait(19_900)
        assert story.rings == ("b-01.1",)
        story.wait(100)
        assert story.rings == ()
        story.wait(5_000)
        assert story.sound == ((), 0)


def test_a_press_that_the_broker_repeats_while_it_rings_or_after_changes_nothing():
    story = Story()
    story.hear("x-1")
    story.hear("x-1")
    story.wait(2_000)
    sounds = story.sounds
    story.hear("x-1")
    story.wait(3_000)
    assert story.rings == ("b-01.x-1",)
    assert story.said("ringing") == ["b-01.x-1"]
    assert story.sounds == sounds


# -- who answers -----------------------------------------------------------------------------


def test_a_hand_that_strikes_twice_answers_one_home():
    for start in STARTS:
        story = Story(start)
        story.ring("b-01.1")
        story.ring("b-02.1")
        story.press()
        story.wait(chime.AGAIN_MS - 100)
        story.press()
        assert story.said("acknowledge") == ["b-01.1"]
        assert story.rings == ("b-02.1",)
        story.wait(100)
        story.press()
        assert story.rings == ()


def test_the_loudest_of_several_homes_sounds():
    story = Story()
    story.ring("b-01.1", step=1)
    story.ring("b-02.1", step=3)
    assert story.sound[2] == 3
    story.hush("b-02.1")
    assert story.sound[2] == 1


def test_an_answer_that_does_not_get_through_sounds_for_a_minute_and_is_light_then():
    for start in STARTS:
        story = Story(start)
        story.ring("b-01.1")
        story.press()
        story.wait(8_000)
        assert story.lamp == "unheard"
        assert story.sound == patterns.PATTERNS["unheard"][1:]
        story.wait(61_000)
        assert story.lamp == "unheard"
        assert story.sound == ((), 0)


def test_a_ring_is_heard_over_an_answer_that_does_not_get_through():
    story = Story()
    story.ring("b-01.1")
    story.press()
    story.wait(10_000)
    story.ring("b-02.1")
    assert story.lamp == "ringing"
    assert story.sound[2] == 1


# -- faults, do not disturb, settings --------------------------------------------------------


def test_do_not_disturb_silences_tests_and_faults_and_never_a_call():
    story = Story()
    story.happen("message", "c-01", "settings", {"quiet": True})
    before = story.sounds
    story.ring("b-01.1", kind="test")
    story.happen("fault", "sound", True)
    assert story.lamp == "fault"
    assert story.said("ringing") == ["b-01.1"]
    assert story.sound == ((), 0)
    assert story.sounds == before + 1  # the silence
    story.ring("b-02.1")
    assert story.sound == ring_at(1)


def test_do_not_disturb_never_silences_a_direct_ring():
    story = Story()
    story.happen("message", "c-01", "settings", {"quiet": True})
    story.hear("x-1")
    story.wait(2_000)
    assert story.sound == ring_at(1)


def test_a_chime_that_is_stuck_says_so_and_still_rings():
    for start in STARTS:
        story = Story(start)
        story.press()
        story.wait(30_000)
        assert story.faults == ["stuck"]
        story.ring("b-01.1")
        assert story.lamp == "ringing"
        assert story.said("acknowledge") == []
        story.happen("released", story.now)
        assert story.faults == ["stuck", ""]


def test_the_gateway_sets_the_interval_of_a_chimes_heartbeat():
    story = Story()
    story.happen("message", "c-01", "settings", {"heartbeat_s": 15})
    assert story.every == [15]
