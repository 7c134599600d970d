"""What is on flash survives, and an id never comes twice."""

import json
import os

from bell.journal import LIMIT, Journal


def flash():
    """A new, empty directory."""
    path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - MicroPython has no tempfile
    os.mkdir(path)
    return path


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
        record, absorbed, kept = call(Journal(path))
        assert kept
        assert absorbed is None
        assert Journal(path).records == [record]

    on_flash(story)


def test_a_press_with_a_receipt_is_gone_after_a_power_cut():
    def story(path):
        journal = Journal(path)
        first = call(journal)[0]
        second = call(journal)[0]
        assert journal.drop(first["id"])
        assert not journal.drop(first["id"])
        assert Journal(path).records == [second]

    on_flash(story)


def test_every_start_counts_and_every_id_is_new():
    def story(path):
        seen = set()
        for boot in range(1, 6):
            journal = Journal(path)
            assert journal.boot == boot
            for _ in range(3):
                name = call(journal)[0]["id"]
                assert name not in seen
                seen.add(name)

    on_flash(story)


def test_an_id_is_life_boot_and_sequence():
    def story(path):
        journal = Journal(path)
        life, boot, sequence = call(journal)[0]["id"].split("-")
        assert (life, boot, sequence) == (journal.life, "1", "1")
        assert len(life) == 8

    on_flash(story)


def test_a_lost_boot_counter_is_another_life():
    def story(path):
        before = Journal(path).life
        os.remove(path + "/boots.json")
        assert Journal(path).life != before

    on_flash(story)


def test_a_hundred_presses_fold_and_their_count_is_kept():
    def story(path):
        journal = Journal(path)
        for _ in range(100):
            _, absorbed, kept = call(journal)
            assert kept
            assert absorbed not in ids(journal)
        assert len(journal.records) == LIMIT
        assert sum(record.get("count", 1) for record in journal.records) == 100
        assert Journal(path).records == journal.records

    on_flash(story)


def test_a_cancel_folds_no_call():
    def story(path):
        journal = Journal(path)
        for _ in range(LIMIT):
            call(journal)
        _, absorbed, _ = journal.add("press", {"kind": "cancel"})
        assert absorbed is None
        assert len(journal.records) == LIMIT + 1

    on_flash(story)


def test_of_too_many_acknowledgements_the_oldest_gives_way():
    def story(path):
        journal = Journal(path)
        first = journal.add("acknowledge", {"episode": "b-01.1"})[0]
        for _ in range(LIMIT - 1):
            journal.add("acknowledge", {"episode": "b-01.2"})
        record, absorbed, _ = journal.add("acknowledge", {"episode": "b-01.3"})
        assert absorbed == first["id"]
        assert "count" not in record

    on_flash(story)


def test_a_power_cut_in_the_middle_of_a_write_leaves_the_old_journal():
    def story(path):
        record = call(Journal(path))[0]
        with open(path + "/journal.json.new", "w") as file:
            file.write('[{"leaf": "pr')
        assert Journal(path).records == [record]

    on_flash(story)


def test_a_journal_that_makes_no_sense_is_an_empty_one():
    def story(path):
        for content in ("", "{", "{}", "[1]", '[{"id": "1"}]'):
            with open(path + "/journal.json", "w") as file:
                file.write(content)
            assert Journal(path).records == []

    on_flash(story)


def test_a_flash_that_takes_nothing_is_said_and_the_press_still_has_an_id():
    journal = Journal("/nowhere/at/all")
    record, _, kept = call(journal)
    assert not kept
    assert record["id"].endswith("-1-1")
    assert Journal("/nowhere/at/all").life != journal.life


def test_the_file_is_json_that_a_person_can_read():
    def story(path):
        journal = Journal(path)
        record = call(journal)[0]
        with open(path + "/journal.json") as file:
            assert json.load(file) == [record]

    on_flash(story)
