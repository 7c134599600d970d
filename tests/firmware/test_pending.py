"""When a press is said again."""

from bell import pending
from bell.ticks import PERIOD, ticks_add

RECORD = {"leaf": "press", "id": "life-1-1", "kind": "call"}
STARTS = (0, PERIOD - 5000, PERIOD - 1)


def noted(record=RECORD, at=0, absorbed=None, kept=True):
    return (record, absorbed, kept, at)


def sent_at(entries, start, until_ms):
    """Milliseconds after `start` at which something is sent, and what."""
    sent = []
    for ms in range(0, until_ms, 100):
        entries, messages = pending.due(entries, ticks_add(start, ms))
        sent += [(ms, message) for message in messages]
    return sent


def test_a_press_is_repeated_after_3_6_12_and_then_every_20_seconds():
    for start in STARTS:
        entries = pending.added((), noted(at=start), start)
        times = [ms for ms, _ in sent_at(entries, start, 90_000)]
        assert times == [0, 3_000, 9_000, 21_000, 41_000, 61_000, 81_000]


def test_each_repetition_has_the_same_id_and_a_new_age():
    for start in STARTS:
        entries = pending.added((), noted(at=start), start)
        messages = [message for _, message in sent_at(entries, start, 4_000)]
        assert messages == [
            ("press", {"id": "life-1-1", "kind": "call", "age_ms": 0}),
            ("press", {"id": "life-1-1", "kind": "call", "age_ms": 3_000}),
        ]


def test_a_new_connection_sends_everything_at_once_and_begins_the_schedule_anew():
    entries = pending.added((), noted(), 0)
    entries, _ = pending.due(entries, 0)
    entries, messages = pending.due(entries, 1_000, everything=True)
    assert len(messages) == 1
    assert [ms for ms, _ in sent_at(entries, 1_000, 10_000)] == [3_000, 9_000]


def test_before_a_cancel_goes_what_it_takes_back_every_time():
    for start in STARTS:
        cancel = {"leaf": "press", "id": "life-1-2", "kind": "cancel"}
        entries = pending.added((), noted(at=start), start)
        entries, _ = pending.due(entries, start)
        at = ticks_add(start, 1_000)
        entries = pending.added(entries, noted(cancel, at), at)
        sent = [(ms, fields["kind"]) for ms, (_, fields) in sent_at(entries, at, 10_000)]
        # The cancel 0, 3 and 9 s after it was noted.
        assert sent == [(ms, kind) for ms in (0, 3_000, 9_000) for kind in ("call", "cancel")]


def test_a_press_after_a_cancel_is_not_hurried_by_it():
    cancel = {"leaf": "press", "id": "life-1-1", "kind": "cancel"}
    call = dict(RECORD, id="life-1-2")
    entries = pending.added((), noted(cancel), 0)
    entries, _ = pending.due(entries, 0)
    entries = pending.added(entries, noted(call, 2_000), 2_000)
    entries, _ = pending.due(entries, 2_000)
    _, messages = pending.due(entries, 3_000)
    assert [fields["kind"] for _, fields in messages] == ["cancel"]


def test_a_restored_press_says_no_age():
    entries = pending.restored([RECORD], 500)
    _, messages = pending.due(entries, 500)
    assert messages == [("press", {"id": "life-1-1", "kind": "call"})]


def test_a_folded_press_says_how_many_and_how_old_the_first_is():
    entries = pending.added((), noted(at=1_000), 1_000)
    folded = {"leaf": "press", "id": "life-1-2", "kind": "call", "count": 2}
    entries = pending.added(entries, noted(folded, 9_000, "life-1-1"), 9_000)
    _, messages = pending.due(entries, 10_000)
    assert messages == [
        (
            "press",
            {"id": "life-1-2", "kind": "call", "count": 2, "age_ms": 1_000, "first_age_ms": 9_000},
        )
    ]


def test_an_age_that_ticks_cannot_tell_is_left_out():
    entries = pending.added((), noted(at=0), 0)
    now = ticks_add(0, pending.OLDEST_MS + 1)
    _, messages = pending.due(pending.aged(entries, now), now)
    assert "age_ms" not in messages[0][1]


def test_it_is_unheard_after_8_seconds_and_stays_so_for_longer_than_ticks_can_tell():
    for start in STARTS:
        entries = pending.added((), noted(at=start), start)
        assert not pending.is_unheard(entries, ticks_add(start, 7_999))
        assert pending.is_unheard(entries, ticks_add(start, 8_000))
        entries = pending.aged(entries, ticks_add(start, 8_000))
        for days in range(1, 15):
            assert pending.is_unheard(entries, ticks_add(start, days * 86_400_000))


def test_what_the_flash_did_not_take_is_unheard_at_once():
    entries = pending.added((), noted(kept=False), 0)
    assert pending.is_unheard(entries, 0)


def test_a_receipt_ends_the_repetition():
    entries = pending.added((), noted(), 0)
    assert pending.without(entries, "life-1-1") == ()
