"""What is on flash survives, and what the flash has lost is told."""

import os

from bell.journal import LIMIT, LONGEST_RETRY_TICKS, RETRY_TICKS, Journal


def flash():
    """A new, empty directory."""
    path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - MicroPython has no tempfile
    os.mkdir(path)
    return path


def opened(path, boot=1):
    return Journal(path, "9c41f00a", boot)


def call(journal):
    return journal.add("press", {"kind": "call"})


def ids(journal):
    return [record["id"] for record in journal.records]


def remove(path):
    for name in os.listdir(path):
        os.remove(path + "/" + name)
    os.rmdir(path)


def on_flash(test):
    path = flash()
    try:
        test(path)
    finally:
        remove(path)


def test_a_press_is_there_after_a_power_cut():
    def story(path):
        record, absorbed, kept = call(opened(path))
        assert kept
        assert absorbed is None
        assert opened(path).records == [record]

    on_flash(story)


def test_a_press_with_a_receipt_is_gone_after_a_power_cut():
    def story(path):
        journal = opened(path)
        first = call(journal)[0]
        second = call(journal)[0]
        assert journal.drop(first["id"])
        assert not journal.drop(first["id"])
        assert opened(path).records == [second]

    on_flash(story)


def test_a_hundred_presses_fold_and_their_count_is_kept():
    def story(path):
        journal = opened(path)
        for _ in range(100):
            _, absorbed, kept = call(journal)
            assert kept
            assert absorbed not in ids(journal)
        assert len(journal.records) == LIMIT
        assert sum(record.get("count", 1) for record in journal.records) == 100
        assert opened(path).records == journal.records

    on_flash(story)


def test_a_cancel_folds_no_call():
    def story(path):
        journal = opened(path)
        for _ in range(LIMIT):
            call(journal)
        _, absorbed, _ = journal.add("press", {"kind": "cancel"})
        assert absorbed is None
        assert len(journal.records) == LIMIT + 1

    on_flash(story)


def test_of_too_many_acknowledgements_the_oldest_gives_way():
    def story(path):
        journal = opened(path)
        first = journal.add("acknowledge", {"episode": "b-01.1"})[0]
        for _ in range(LIMIT - 1):
            journal.add("acknowledge", {"episode": "b-01.2"})
        record, absorbed, _ = journal.add("acknowledge", {"episode": "b-01.3"})
        assert absorbed == first["id"]
        assert "count" not in record

    on_flash(story)


def test_a_power_cut_in_the_middle_of_a_write_leaves_the_old_journal():
    def story(path):
        record = call(opened(path))[0]
        with open(path + "/journal.new", "w") as file:
            file.write('01e4995d {"leaf": "pr')
        assert opened(path).records == [record]

    on_flash(story)


def test_an_id_is_life_boot_and_sequence():
    def story(path):
        journal = opened(path, 7)
        assert [call(journal)[0]["id"] for _ in range(2)] == ["9c41f00a-7-1", "9c41f00a-7-2"]

    on_flash(story)


def rot(path, place):
    """Turn one bit of the journal."""
    with open(path + "/journal", "rb") as file:
        content = bytearray(file.read())
    content[place] ^= 4
    with open(path + "/journal", "wb") as file:
        file.write(content)
    return bytes(content)


def test_of_a_rotten_journal_what_can_be_read_is_kept():
    def story(path):
        journal = opened(path)
        kept = [call(journal)[0] for _ in range(3)]
        length = os.stat(path + "/journal")[6]
        rotten = rot(path, length // 2)
        found = opened(path, 2)
        assert found.broken == 1
        assert found.records == [kept[0], kept[2]]
        with open(path + "/journal.broken", "rb") as file:
            assert file.read() == rotten
        again = opened(path, 3)
        assert (again.broken, again.records) == (0, found.records)

    on_flash(story)


def test_no_bit_that_turns_makes_another_record_or_a_crash():
    def story(path):
        kept = call(opened(path))[0]
        with open(path + "/journal", "rb") as file:
            content = file.read()
        for place in range(len(content)):
            with open(path + "/journal", "wb") as file:
                file.write(content)
            rot(path, place)
            found = opened(path, 2)
            assert found.broken
            assert found.records in ([], [kept])

    on_flash(story)


def test_a_file_of_anything_at_all_is_no_crash():
    def story(path):
        for content in (b"{", b"\xff" * 5000, b"\n\n\n", b"0" * 70 + b"\n", bytes(range(256))):
            with open(path + "/journal", "wb") as file:
                file.write(content)
            assert opened(path).broken
            assert os.stat(path + "/journal.broken")[6] <= 4096
            assert opened(path).records == []

    on_flash(story)


def test_an_empty_journal_is_an_empty_file_that_cannot_rot():
    def story(path):
        journal = opened(path)
        journal.drop(call(journal)[0]["id"])
        assert os.stat(path + "/journal")[6] == 0
        assert opened(path).broken == 0

    on_flash(story)


def test_a_flash_that_takes_nothing_is_said_and_the_press_still_has_an_id():
    journal = opened("/nowhere/at/all")
    record, _, kept = call(journal)
    assert not kept
    assert record["id"] == "9c41f00a-1-1"
    assert journal.records == [record]


def test_what_the_flash_refused_is_offered_to_it_again():
    def story(path):
        late = path + "/late"
        journal = opened(late)
        record = call(journal)[0]
        os.mkdir(late)
        for _ in range(RETRY_TICKS - 1):
            journal.tick()
            assert not os.listdir(late)
        journal.tick()
        assert opened(late).records == [record]
        os.remove(late + "/journal")
        journal.tick()
        assert not os.listdir(late)
        os.rmdir(late)

    on_flash(story)


def test_a_flash_that_refuses_for_good_is_asked_ever_more_seldom():
    def story(path):
        journal = opened(path + "/nowhere")
        call(journal)
        tries = [tick for tick in range(5 * LONGEST_RETRY_TICKS) if journal.tick()]
        gaps = [tries[place + 1] - tries[place] for place in range(len(tries) - 1)]
        assert tries[0] == RETRY_TICKS - 1
        assert gaps[0] == 2 * RETRY_TICKS
        assert max(gaps) == gaps[-1] == LONGEST_RETRY_TICKS
        # A new press does not wait for it, and what is taken once is soon offered again.
        os.mkdir(path + "/nowhere")
        assert call(journal)[2]
        assert len(opened(path + "/nowhere").records) == 2
        os.remove(path + "/nowhere/journal")
        os.rmdir(path + "/nowhere")
        assert not call(journal)[2]
        assert [tick for tick in range(RETRY_TICKS) if journal.tick()] == [RETRY_TICKS - 1]

    on_flash(story)


def test_the_watchdog_sees_every_tick_of_the_journal():
    journal = opened("/nowhere/at/all")
    before = journal.rounds
    journal.tick()
    assert journal.rounds == before + 1
