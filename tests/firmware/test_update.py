"""From an offer to a slot on trial: what is taken, what is refused, and what a power cut leaves."""

import binascii
import hashlib
import json
import os

from bell import VERSION, flash, slots, update
from bell.ticks import PERIOD

MPY = 6
NEWER = "999.0.1"
CALM = {"pending": (), "shown": ("idle", "idle"), "down": None, "faults": (), "service": None}
FILES = {
    "bell/__init__.mpy": b"M\x06\x00\x1f" + b"i" * 150,
    "bell/app.mpy": bytes(range(256)) * 50,
    "bell/start.mpy": b"M\x06\x00\x1f" + b"s" * 1500,
}


def publisher():
    with open(__file__.rsplit("/", 1)[0] + "/publisher.json", encoding="utf-8") as file:
        return json.load(file)


MODULUS = publisher()["modulus"]
PRIVATE = int(publisher()["private"], 16)


def image_of(files):
    lines = [
        "{} {} {}\n".format(path, len(files[path]), hashlib.sha256(files[path]).digest().hex())
        for path in sorted(files)
    ]
    return "".join(lines).encode() + b"\n" + b"".join(files[path] for path in sorted(files))


IMAGE = image_of(FILES)


def signature_of(statement):
    length = len(MODULUS) // 2
    digest = binascii.unhexlify("3031300d060960864801650304020105000420")
    digest += hashlib.sha256(statement).digest()
    block = b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest
    number = pow(int.from_bytes(block, "big"), PRIVATE, int(MODULUS, 16))
    return binascii.b2a_base64(number.to_bytes(length, "big")).decode().strip()


_made: dict = {}


def offer_of(image=IMAGE, version=NEWER, mpy=MPY, **more):
    """A signed offer; each is signed once, which takes a while on MicroPython."""
    sha256 = hashlib.sha256(image).digest().hex()
    statement = "lovebell firmware 1\n{}\n{}\n{}\n{}\n".format(version, mpy, len(image), sha256)
    if statement not in _made:
        _made[statement] = signature_of(statement.encode())
    offer = {"version": version, "mpy": mpy, "size": len(image), "sha256": sha256}
    offer["signature"] = _made[statement]
    offer.update(more)
    return offer


class Device:
    """A device with a flash of its own, and the gateway beside it, which has `image`."""

    def __init__(self, image=IMAGE, start=0, key=MODULUS + "\n", slot="-"):
        self.path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108
        os.mkdir(self.path)
        if key is not None:
            with open(self.path + "/publisher.key", "w") as file:
                file.write(key)
        self.image = image
        self.time = start
        self.passed_ms = 0
        self.is_subscribed = True
        self.state = CALM
        self.lines = []
        self.told = []
        self.asked = []  # (milliseconds passed, place)
        self.longest = 600
        self.update = update.Update(self.path, slot, self, MPY)

    def now(self):
        return self.time

    def say(self, line):
        self.lines.append(line)

    def role_state(self):
        return self.state

    def tell(self, leaf, fields):
        if leaf == "update":
            self.told.append(fields)
            return
        assert leaf == "fetch"
        self.asked.append((self.passed_ms, fields["at"]))
        piece = self.image[fields["at"] : fields["at"] + self.longest]
        if piece:
            self.hear(fields["version"], fields["at"], piece)

    def hear(self, version, at, piece):
        data = binascii.b2a_base64(piece).decode().strip()
        self.update.hear("piece", {"version": version, "at": at, "data": data})

    def offered(self, offer, seconds=600):
        """What comes of an offer within so much time; None if it goes on."""
        self.update.hear("firmware", offer)
        return self.after(seconds)

    def after(self, seconds):
        for _ in range(seconds * 10):
            self.time = (self.time + 100) % PERIOD
            self.passed_ms += 100
            said = self.update.step()
            if said is not None:
                return said
        return None

    def files(self):
        return sorted(name for name in os.listdir(self.path) if name != "publisher.key")

    def slots(self):
        return slots.read(self.path)

    def content(self, slot):
        folder = self.path + "/" + slot + "/bell"
        return {"bell/" + name: read(folder + "/" + name) for name in os.listdir(folder)}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def remove(path):
    for name in os.listdir(path):
        try:
            os.remove(path + "/" + name)
        except OSError:
            remove(path + "/" + name)
    os.rmdir(path)


def with_device(story, **more):
    device = Device(**more)
    try:
        story(device)
    finally:
        device.update.close()
        remove(device.path)


def refusal(offer, **more):
    """Why a device refuses the offer, and that it has asked for nothing."""
    found = []

    def story(device):
        before = device.files()
        assert device.offered(offer) == "over"
        assert device.asked == []
        assert device.files() == before
        found.append(device.told)

    with_device(story, **more)
    told = found[0]
    assert [fields["state"] for fields in told] == ["refused"]
    return told[0]["why"]


def test_an_offer_is_fetched_laid_out_and_put_on_trial():
    def story(device):
        assert device.offered(offer_of()) == "restart"
        assert device.content("a") == FILES
        assert device.files() == ["a", "slots"]
        about = device.slots()
        assert (about["good"], about["trial"], about["tries"]) == ("-", "a", 0)
        assert (about["version"], about["attempt"]) == (NEWER, 1)
        assert slots.begin(device.path) == ("a", "-")
        assert [at for _, at in device.asked] == list(range(0, len(IMAGE), 600))
        states = [fields["state"] for fields in device.told]
        assert states[0] == "fetching"
        assert states[-1] == "ready"
        assert 3 <= states.count("fetching") <= 11

    for start in (0, PERIOD - 20_000):
        with_device(story, start=start)


def test_what_is_not_the_publishers_is_refused_before_a_byte_is_fetched():
    good = offer_of()
    other = offer_of(version="999.0.2")
    assert refusal(dict(good, version="999.0.2")) == "signature"
    assert refusal(dict(good, size=good["size"] + 1)) == "signature"
    assert refusal(dict(good, sha256="ab" * 32)) == "signature"
    assert refusal(dict(good, mpy=5)) == "signature"
    assert refusal(dict(good, signature=other["signature"])) == "signature"
    assert refusal(dict(good, signature="")) == "signature"
    assert refusal(good, key=None) == "key"
    assert refusal(good, key="示例") == "key"
    assert refusal(good, key=MODULUS[:-2]) == "key"


def test_what_is_older_or_not_newer_is_refused():
    for version in ("0.0.0", "0.0.9", "1.0", "999.0.1.1", "999.0.x", "01.0.0", "0.65536.0", ""):
        assert refusal(offer_of(version=version)) == "older", version


def test_what_is_compiled_for_another_interpreter_is_refused():
    assert refusal(offer_of(mpy=5)) == "mpy"


def test_the_version_that_runs_is_offered_for_nothing():
    def story(device):
        assert device.offered(offer_of(version=VERSION)) == "over"
        assert device.told == []

    with_device(story)


def test_versions_compare_as_numbers():
    assert update.numbers("0.10.1") > update.numbers("0.9.65535")
    assert update.numbers("1.0.0") > update.numbers("0.65535.65535")
    assert update.numbers("-") < update.numbers("0.0.0")


def test_what_ran_for_good_once_is_never_run_again_though_an_older_one_runs():
    def story(device):
        about = device.slots()
        about.update({"good": "a", "newest": "999.0.1", "version": "999.0.1", "why": "good"})
        slots.write(device.path, about)
        assert device.offered(offer_of(version="999.0.0")) == "over"
        assert device.told[-1]["why"] == "older"
        assert device.offered(offer_of(version="999.0.1")) == "over"
        assert device.told[-1]["why"] == "older"
        assert device.offered(offer_of(version="999.0.2")) == "restart"

    with_device(story)


def test_an_update_goes_into_the_slot_that_neither_runs_nor_is_good():
    for good, slot, target in (
        ("-", "-", "a"),
        ("a", "a", "b"),
        ("b", "b", "a"),
        ("a", "-", "b"),
        ("b", "-", "a"),
        ("-", "a", "b"),
        ("a", "b", "a"),  # neither the good one nor the technician's can be started
        ("b", "a", "b"),
    ):

        def story(device, good=good, target=target):
            about = device.slots()
            about.update({"good": good, "newest": "0.2.0", "version": "0.2.0", "why": "good"})
            slots.write(device.path, about)
            assert device.offered(offer_of()) == "restart"
            assert device.slots()["good"] == good
            assert device.slots()["trial"] == target
            assert device.content(target) == FILES

        with_device(story, slot=slot)


def test_what_was_in_the_slot_before_is_gone():
    def story(device):
        os.mkdir(device.path + "/a")
        os.mkdir(device.path + "/a/bell")
        for name in ("old.mpy", "app.mpy"):
            with open(device.path + "/a/bell/" + name, "wb") as file:
                file.write(b"old")
        assert device.offered(offer_of()) == "restart"
        assert device.content("a") == FILES

    with_device(story)


def test_a_power_cut_while_fetching_goes_on_where_the_flash_is():
    def story(device):
        device.image = IMAGE[:9000]
        assert device.offered(offer_of(), 60) is None
        device.update.close()
        here = len(read(device.path + "/update"))
        assert 4096 <= here < 9000
        device.asked.clear()
        device.image = IMAGE
        device.update = update.Update(device.path, "-", device, MPY)
        assert device.offered(offer_of()) == "restart"
        assert device.asked[0][1] == here
        assert device.content("a") == FILES

    with_device(story)


def test_another_offer_starts_afresh():
    files = dict(FILES)
    files["bell/start.mpy"] = b"M\x06\x00\x1f" + b"t" * 1500
    other = image_of(files)

    def story(device):
        device.image = IMAGE[:9000]
        assert device.offered(offer_of(), 60) is None
        device.image = other
        assert device.offered(offer_of(other, version="999.0.2")) == "restart"
        assert device.content("a") == files
        assert device.slots()["version"] == "999.0.2"

    with_device(story)


def test_the_same_offer_again_disturbs_nothing():
    def story(device):
        device.image = IMAGE[:9000]
        device.offered(offer_of(), 60)
        asked = len(device.asked)
        device.image = IMAGE
        device.update.hear("firmware", offer_of(attempt=1))
        assert device.after(600) == "restart"
        assert min(at for _, at in device.asked[asked:]) >= 8400

    with_device(story)


def test_an_offer_that_is_withdrawn_leaves_nothing_behind():
    for withdrawn in ({}, {"version": NEWER}):

        def story(device, withdrawn=withdrawn):
            device.image = IMAGE[:9000]
            assert device.offered(offer_of(), 60) is None
            assert "update" in device.files()
            assert device.offered(withdrawn) == "over"
            assert device.files() == ["a"] or device.files() == []

        with_device(story)


def test_a_gateway_that_is_silent_is_asked_less_and_less():
    def story(device):
        device.image = b""
        device.offered(offer_of(), 400)
        times = [ms for ms, _ in device.asked]
        pauses = [round((times[at + 1] - times[at]) / 1000) for at in range(len(times) - 1)]
        assert pauses[:6] == [5, 10, 20, 40, 60, 60]

    with_device(story)


def test_nothing_is_asked_for_while_somebody_needs_the_device():
    ringing = dict(CALM, rings=({"episode": "b-01.1"},))
    waiting = dict(CALM, pending=({},))
    coming = dict(CALM, shown=("coming 示例大姐", "coming"))

    def story(device):
        device.state = waiting
        device.offered(offer_of(), 30)
        assert device.asked == []
        for state in (ringing, coming, waiting):
            device.state = CALM
            device.after(2)
            device.state = state
            device.after(1)
            asked = len(device.asked)
            assert device.after(60) is None
            assert len(device.asked) == asked
        device.is_subscribed = False
        device.state = CALM
        device.after(60)
        assert len(device.asked) == asked
        device.is_subscribed = True
        assert device.after(600) == "restart"

    with_device(story)


def test_wrong_pieces_are_passed_over():
    def story(device):
        right = device.image
        device.image = b""
        device.offered(offer_of(), 3)
        for version, at, piece in (
            ("0.0.1", 0, right[:600]),
            (NEWER, 600, right[600:1200]),
            (NEWER, 0, b""),
            (NEWER, 0, right[:601]),
        ):
            device.hear(version, at, piece)
            device.after(1)
        device.update.hear("piece", {"version": NEWER, "at": 0, "data": "A"})
        device.after(1)
        device.update.hear("piece", {"version": NEWER, "at": 0, "data": "示例"})
        device.after(1)
        assert {at for _, at in device.asked} == {0}
        device.image = right
        assert device.after(600) == "restart"
        assert device.content("a") == FILES

    with_device(story)


def test_pieces_that_are_cut_short_are_what_they_are():
    def story(device):
        device.longest = 250
        assert device.offered(offer_of()) == "restart"
        assert device.content("a") == FILES

    with_device(story)


def test_a_piece_with_a_wrong_byte_is_found_and_all_is_fetched_once_more():
    def story(device):
        device.image = IMAGE[:7000] + b"!" + IMAGE[7001:]
        real = device.tell

        def tell(leaf, fields):
            if leaf == "fetch" and fields["at"] == 0 and len(device.asked) > 5:
                device.image = IMAGE
            real(leaf, fields)

        device.tell = tell
        assert device.offered(offer_of()) == "restart"
        assert device.content("a") == FILES
        assert [at for _, at in device.asked].count(0) == 2

    with_device(story)


def test_an_image_that_is_wrong_twice_is_refused_and_remembered():
    def story(device):
        device.image = IMAGE[:7000] + b"!" + IMAGE[7001:]
        assert device.offered(offer_of(attempt=3)) == "over"
        told = {"state": "refused", "version": NEWER, "attempt": 3, "why": "image"}
        assert device.told[-1] == told
        assert [at for _, at in device.asked].count(0) == 2
        assert device.files() == ["slots"]
        assert slots.begin(device.path) == ("-",)
        assert slots.story(device.path, "-") == told

    with_device(story)


def test_an_image_that_was_signed_but_is_none_is_refused():
    broken = IMAGE.replace(b"bell/app.mpy", b"bell/../x.py")

    def story(device):
        device.image = broken
        assert device.offered(offer_of(broken)) == "over"
        assert device.told[-1]["why"] == "image"
        assert "a" not in device.files()

    with_device(story)


def test_a_flash_that_takes_no_more_is_told_and_nothing_is_left_of_the_update():
    real = update.image._copy

    def full(body, target, size):
        raise OSError(28)
        yield

    def story(device):
        update.image._copy = full
        try:
            assert device.offered(offer_of()) == "over"
        finally:
            update.image._copy = real
        told = {"state": "refused", "version": NEWER, "attempt": 1, "why": "flash"}
        assert device.told[-1] == told
        assert device.files() == ["a", "slots"]
        assert slots.begin(device.path) == ("-",)
        assert device.offered(offer_of(attempt=2)) == "restart"

    with_device(story)


def test_an_image_for_which_there_is_no_room_is_not_fetched():
    real = update.image.need

    def need(directory, size):
        if size > 4096:
            raise OSError(28)

    def story(device):
        update.image.need = need
        try:
            assert device.offered(offer_of()) == "over"
        finally:
            update.image.need = real
        assert device.told[-1]["why"] == "size"
        assert device.asked == []
        assert device.files() == []

    with_device(story)


def test_a_heap_that_is_full_and_whatever_else_breaks_is_told_and_not_kept_in_mind():
    for failure, word in ((MemoryError(), "memory"), (KeyError("moth"), "crash")):

        def story(device, failure=failure, word=word):
            def tell(leaf, fields):
                if leaf == "fetch":
                    raise failure
                device.told.append(fields)

            device.tell = tell
            assert device.offered(offer_of()) == "over"
            assert device.told[-1]["why"] == word
            assert slots.story(device.path, "-") is None

        with_device(story)


def test_it_starts_only_when_nobody_has_needed_the_device_for_a_minute():
    held = dict(CALM, down=1)

    def story(device):
        device.offered(offer_of(), 12)
        while device.told[-1]["state"] != "ready":
            assert device.after(1) is None
        for state in (held, dict(CALM, pending=({},)), dict(CALM, faults=("stuck",))):
            device.state = state
            assert device.after(1) is None
            device.state = CALM
            assert device.after(58) is None
        device.state = held
        assert device.after(1) is None
        device.state = CALM
        assert device.after(59) is None
        assert device.slots()["trial"] == "-"
        assert device.after(2) == "restart"
        assert device.slots()["trial"] == "a"

    with_device(story)


def test_one_that_was_never_started_is_left_before_its_slot_is_written_over():
    def story(device):
        about = device.slots()
        about.update({"trial": "a", "version": "999.0.0", "attempt": 1, "why": "crash"})
        slots.write(device.path, about)
        device.image = b""
        assert device.offered(offer_of(), 30) is None
        assert device.slots()["trial"] == "-"

    with_device(story)


def test_a_count_that_the_flash_does_not_take_keeps_the_old_one():
    real = flash.write

    def story(device):
        def write(path, lines):
            return not path.endswith("slots") and real(path, lines)

        flash.write = write
        try:
            assert device.offered(offer_of()) == "over"
        finally:
            flash.write = real
        assert device.told[-1]["why"] == "flash"
        assert slots.begin(device.path) == ("-",)

    with_device(story)
