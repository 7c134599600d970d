"""An image is laid out as its lines say, and one that is none is found out before anything is
written."""

import hashlib
import os

from bell import image

FILES = {
    "bell/__init__.mpy": b"M\x06\x00\x1f" + b"i" * 150,
    "bell/app.mpy": bytes(range(256)) * 20,
    "bell/empty.mpy": b"",
    "bell/start.mpy": b"M\x06\x00\x1f\n\nbell/x.mpy 3 \n",
}


def on_flash(test):
    path = "/tmp/lovebell-test-" + os.urandom(6).hex()  # noqa: S108 - MicroPython has no tempfile
    os.mkdir(path)
    try:
        test(path)
    finally:
        remove(path)


def remove(path):
    for name in os.listdir(path):
        try:
            os.remove(path + "/" + name)
        except OSError:
            remove(path + "/" + name)
    os.rmdir(path)


def packed(files):
    lines = [
        "{} {} {}\n".format(path, len(files[path]), sha(files[path])) for path in sorted(files)
    ]
    return "".join(lines).encode() + b"\n" + b"".join(files[path] for path in sorted(files))


def sha(content):
    return hashlib.sha256(content).digest().hex()


def put(path, content):
    with open(path, "wb") as file:
        file.write(content)


def done(work):
    """What a generator returns, and how many steps it took."""
    steps = 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value, steps
        steps += 1


def content(path):
    with open(path, "rb") as file:
        return file.read()


def test_an_image_is_laid_out_and_read_back_a_kilobyte_at_a_time():
    def story(path):
        put(path + "/update", packed(FILES))
        steps = done(image.unpack(path + "/update", path, "b"))[1]
        kilobytes = sum(1 + len(one) // 1024 for one in FILES.values())
        assert steps >= 2 * kilobytes - len(FILES)
        found = {
            "bell/" + name: content(path + "/b/bell/" + name)
            for name in os.listdir(path + "/b/bell")
        }
        assert found == FILES

    on_flash(story)


def test_a_slot_is_cleared_whatever_is_in_it():
    def story(path):
        assert done(image.clear(path + "/a")) == (None, 0)
        put(path + "/update", packed(FILES))
        done(image.unpack(path + "/update", path, "a"))
        assert done(image.clear(path + "/a")) == (None, len(FILES))
        assert os.listdir(path + "/a/bell") == []
        done(image.unpack(path + "/update", path, "a"))
        assert len(os.listdir(path + "/a/bell")) == len(FILES)

    on_flash(story)


def test_the_sum_of_a_file_is_its_sha256():
    def story(path):
        for made in (b"", b"1", b"\x00" * 1024, bytes(range(256)) * 41):
            put(path + "/update", made)
            assert done(image.digest(path + "/update"))[0] == sha(made)

    on_flash(story)


def broken_images():
    good = packed(FILES)
    app = "bell/app.mpy 5120 " + sha(FILES["bell/app.mpy"])
    yield b""
    yield good[:-1]
    yield good + b"x"
    yield good.replace(b"\n\n", b"\n", 1)
    yield good.replace(app.encode(), app.replace("5120", "5119").encode())
    yield good.replace(app.encode(), app.replace("5120", "many").encode())
    yield good.replace(app.encode(), (app + " more").encode())
    yield good.replace(app.encode(), b"x" * 200)
    for other in ("bell/zz.mpy", "bell/../x.mpy", "main.py", "/bell/app.mpy", "bell/APP.mpy"):
        yield good.replace(app.encode(), app.replace("bell/app.mpy", other).encode())
    yield packed(FILES)[:40]


def test_what_is_no_image_is_refused_before_a_file_is_written():
    def story(path):
        for number, broken in enumerate(broken_images()):
            put(path + "/update", broken)
            try:
                done(image.unpack(path + "/update", path, "a"))
            except ValueError:
                pass
            else:
                raise AssertionError(number)
            assert os.listdir(path) == ["update"]

    on_flash(story)


def test_a_file_that_is_not_what_its_line_says_is_found_when_it_is_read_back():
    def story(path):
        good = packed(FILES)
        put(path + "/update", good[:-5] + bytes([good[-5] ^ 1]) + good[-4:])
        try:
            done(image.unpack(path + "/update", path, "a"))
        except OSError:
            return
        raise AssertionError("it was not found")

    on_flash(story)


def test_only_modules_of_the_package_can_be_in_an_image():
    for path in ("bell/a.mpy", "bell/wire_2.mpy", "bell/" + "a" * 32 + ".mpy"):
        assert image.is_module(path)
    for path in (
        "",
        "bell/.mpy",
        "bell/" + "a" * 33 + ".mpy",
        "bell/a.py",
        "bell/a/b.mpy",
        "bell/..mpy",
        "bell/../a.mpy",
        "a/bell/a.mpy",
        "BELL/a.mpy",
        "bell/é.mpy",
        "boot.py",
        "slots",
        "publisher.key",
    ):
        assert not image.is_module(path)


def test_room_for_presses_stays_free():
    image.os = Flash(20)
    try:
        image.need("/", 12 * 4096)
        try:
            image.need("/", 12 * 4096 + 1)
        except OSError as why:
            assert why.args[0] == 28
        else:
            raise AssertionError("it would have filled the flash")
    finally:
        image.os = os


class Flash:
    """The module os of a flash with so many blocks free."""

    def __init__(self, blocks):
        self._blocks = blocks

    def statvfs(self, path):
        return (4096, 4096, 512, self._blocks, self._blocks, 0, 0, 0, 0, 255)
