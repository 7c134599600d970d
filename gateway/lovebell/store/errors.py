"""What can be wrong with an operator's wish: a code, and a sentence that names the next move.

The Chinese of the same codes stands in `lovebell.words.errors`.
"""

from __future__ import annotations

from typing import Final

MESSAGES: Final = {
    "bad_id": "id: {id!r} cannot be used; write 1 to 24 of a-z, 0-9 and -, not beginning with -",
    "bad_grid": "grid: {grid!r} cannot be used; write 1 to 24 of a-z, 0-9 and -, or leave it empty",
    "bad_text": "{field}: write 1 to {max} characters on one line",
    "bad_level": "care_level: {level} cannot be used; write a whole number from 1 to 5",
    "bad_rank": "rank: {rank} cannot be used; write a whole number from 1 to 99",
    "reserved_id": "id: {id!r} is a word of the plans; choose another id",
    "taken_id": "id: {id!r} is already the id of a {noun}; choose another, or use that one",
    "kept_id": "id: {id!r} is kept for the board {mac}, which {who} is setting up with token {n}, "
    "good until {until}; choose another, or first `lovebell technician token revoke {n}`",
    "no_change": "nothing to change was given; name at least one field, such as --phone",
    "grid_needed": "grid: a grid leader is called for a grid; name it with --grid",
    "unknown_home": "home: there is no {id!r}; see `lovebell home list`",
    "unknown_responder": "responder: there is no {id!r}; see `lovebell responder list`",
    "unknown_device": "device: there is no {id!r}; see `lovebell device list`",
    "unknown_id": "{id!r} is no home, responder or device; see `lovebell home list`, "
    "`lovebell responder list` and `lovebell device list`",
    "home_calls": "home {id!r} has the open episode {n}; first `lovebell episode resolve {n} "
    "--outcome WORD`",
    "still_paired": "{id!r} is still paired with {others}; first `lovebell unpair {id} {first}`",
    "in_plan": "{id!r} stands in the plan of {homes}; first change it with "
    "`lovebell plan set {first} ...`",
    "in_use": "{id!r} is named in {places}; first take it out of the {noun} {first}: "
    "`lovebell {noun} --help` says how",
    "unknown_community": "community: there is no {id!r}; see `lovebell community list`",
    "community_needed": "community: name the one whose time zone and holidays count with "
    "--community; see `lovebell community list`",
    "community_used": "community {id!r} is that of {places}; first give them another",
    "bad_zone": "zone: {zone!r} is no time zone; write one such as Asia/Shanghai",
    "unknown_target": "{id!r} is no responder, group or rota; see `lovebell responder list`, "
    "`lovebell group list` and `lovebell rota list`",
    "unknown_group": "group: there is no {id!r}; see `lovebell group list`",
    "unknown_rota": "rota: there is no {id!r}; see `lovebell rota list`",
    "unknown_member": "member: {id!r} is no responder and no group; see `lovebell responder list` "
    "and `lovebell group list`",
    "member_count": "a group has 1 to {max} members, this one {n}",
    "group_loop": "members: these groups go round in a circle: {loop}; leave one of them out",
    "bad_shift": "shift {n}, {text!r}, is not a shift; write days, hours and who, such as "
    '"mon-fri 18:00-08:00 r-1,r-2"; days are mon to sun, daily, holidays, not-holidays',
    "empty_shift": "shift {n}, {text!r}, has no time in it: it ends when it begins; for a whole "
    "day write 00:00-24:00",
    "shift_count": "a rota has 1 to {max} shifts, this one {n}",
    "unknown_holiday": "holiday: {day} is none there; see `lovebell holiday list`",
    "bad_holidays": "{path}, line {line}: {text!r} is no holiday; write a day and its name, such "
    "as 2027-02-17 Spring Festival, or give an iCalendar file of whole days",
    "no_holidays": "{path} has no holidays in it; write a day and its name a line, or give an "
    "iCalendar file of whole days",
    "empty_away": "from, to: the absence ends before it begins; write the later time with --to",
    "unknown_away": "away: there is no {n}; see `lovebell away list`",
    "not_a_pair": "{a!r} is a {a_noun} and {b!r} a {b_noun}; pair a button with a home, a chime "
    "with a responder, or a responder with a home",
    "taken_by": "{a!r} already belongs to {b!r}; first `lovebell unpair {a} {b}`",
    "already_paired": "{a!r} is already paired with {b!r}; nothing to do",
    "not_paired": "{a!r} is not paired with {b!r}; see `lovebell {noun} show {a}`",
    "rank_pointless": "rank: only a responder of a home has a rank; leave --rank out",
    "bad_step": 'step {n}, {text!r}, is not a step; write who and how long (5s to 24h), such as '
    '"paired 45s" or "neighbours,r-7 2min"; who is paired, neighbours, grid, desk or the id of '
    "a responder",
    "step_count": "a plan has 1 to {max} steps, this one {n}",
    "unknown_episode": "episode: there is no {key!r}; see `lovebell episodes`",
    "ambiguous_episode": "episode: {key!r} is the beginning of more than one ({first}, {second}); "
    "write more of it, or its number",
    "bad_outcome": "outcome: {word!r} is not in the list; write one of {known}, or first "
    "`lovebell outcome add`",
    "outcome_word": "outcome: {word!r} cannot be entered; write 1 to 32 letters, digits, - or _, "
    "and none of the gateway's own (cancelled, test_passed, test_failed)",
    "taken_outcome": "outcome: {word!r} is in the list already; to change what it says, first "
    "`lovebell outcome remove {word}`",
    "unknown_outcome": "outcome: {word!r} is not in the list; see `lovebell outcome list`",
    "bad_channel": "channel: {name!r} cannot be used; write 1 to 24 of a-z, 0-9 and -, not "
    "beginning with -",
    "taken_channel": "channel: there is a {name!r} already; choose another name, or change that "
    "one with `lovebell channel edit {name}`",
    "unknown_channel": "channel: there is no {name!r}; see `lovebell channel list`",
    "channel_used": "channel {name!r} is how {people} are reached; first "
    "`lovebell contact remove {first} {name}`",
    "taken_contact": "contact: {responder!r} is reached by {channel!r} already; to change that, "
    "first `lovebell contact remove {responder} {channel}`",
    "unknown_contact": "contact: {responder!r} is not reached by {channel!r}; see "
    "`lovebell contact list`",
    "unknown_fault": "fault: there is no {n}; see `lovebell faults --all`",
    "not_missing": "home {id!r} is not missing; see `lovebell rollcall`",
    "no_database": "database: there is none at {path} yet; check the key `database`, or start "
    "`lovebell serve` once",
    "no_backup": "{path}: there is no such file; name the backup that is to be restored",
    "file_exists": "{path} is there already and is not overwritten; choose another name",
    "bad_backup": "{path} is damaged or is no backup ({why}); nothing was changed; take an earlier "
    "backup or another copy of it",
    "damaged": "the database {path} is damaged ({why}); nothing was changed; stop the gateway "
    "(`systemctl stop lovebell`), then `lovebell restore {backup}`, the last backup (the damaged "
    "database is kept beside it), and start it again (`systemctl start lovebell`)",
    "bad_database": "the database {path} is damaged ({why}), so no backup was made; stop the "
    "gateway (`systemctl stop lovebell`), then `lovebell restore {backup}`, the last backup, and "
    "start it again (`systemctl start lovebell`)",
    "tls_or_not": "ca: name the authority of the broker's certificate with --ca; only for a trial "
    "on this machine --no-tls instead of it",
    "bad_certificate": "ca: {path} is no certificate; name the authority's, in PEM or DER",
    "bad_broker": "broker: {text!r} cannot be used; write HOST or HOST:PORT, at most four of them",
    "board_ipv6": "broker: boards cannot connect to {text!r}, MicroPython on an ESP32 knows no "
    "IPv6; with --broker name a host that has an IPv4 address, or that address",
    "weak_passphrase": "passphrase: write at least {n} characters, such as four unusual words",
    "long_passphrase": "passphrase: write at most {n} bytes, such as four unusual words",
    "file": "{path} cannot be used ({why}); check the path, the rights and the free space",
    "disk": "database: {path} cannot be used ({why}); check the key `database`, the rights and "
    "the free space",
    "no_credential": "device: {id!r} has no secret at the broker; nothing to revoke",
    "unknown_token": "token: there is no {n} that is good; see `lovebell technician token list`",
    "no_web": "web_port: without it nobody can be enrolled over the network; set the key "
    "`web_port` and restart the gateway, or make a bundle with `lovebell device enrol`",
    "plain_where": "broker: with --no-tls say where boards find a broker without TLS; add "
    "--broker HOST:PORT",
    "no_broker_port": "broker: {path} names no port for boards; add --broker HOST:PORT",
    "no_rights_kept": "broker_folder: without it the gateway cannot let new devices in; set the "
    "key `broker_folder` and restart the gateway, or make a bundle with `lovebell device enrol`",
    "no_such_database": "{path}: this is no database of lovebell; name the file that "
    "`lovebell restore` has kept",
    "no_broker_folder": "{path} holds no broker; check the key `broker_folder`, or first "
    "`lovebell broker init {path}`",
    "folder_in_use": "{path} is there already and is not overwritten; choose another, or renew the "
    "certificate with `lovebell broker renew {path}`",
    "one_port": "port: boards and gateway cannot both have {port}; change --port or --gateway-port",
    "bad_folder": "folder: {path!r} holds a blank, a quote, a backslash, $, % or #, which a unit "
    "cannot name; choose another",
    "no_user": "user: this machine has no {id!r}; first `useradd --system {id}`",
    "no_build": "folder: {path} holds no firmware; run `make firmware` and name build/firmware",
    "changed_build": "folder: {file} in {path} is not what manifest.json says; run `make firmware` "
    "once more",
    "bad_version": "version: {version!r} cannot be published; write three numbers into "
    "firmware/bell/__init__.py, such as 0.2.0, and run `make firmware`",
    "bad_path": "folder: {path!r} cannot be part of an update; only bell/NAME.mpy can, NAME of "
    "a-z, 0-9 and _; run `make firmware` once more",
    "bad_mpy": "folder: {path} is not compiled for version {mpy} of .mpy; run `make firmware` once "
    "more",
    "empty_image": "folder: there is no module in it; run `make firmware` once more",
    "large_image": "folder: the firmware would have {size} bytes, and a board takes {most}; "
    "make it smaller",
    "not_a_release": "file: {path} is no release or is damaged; name what "
    "`lovebell firmware publish --out` has written, or fetch it anew",
    "newer_release": "file: {path} is of a later form ({version}); update the gateway first",
    "bad_key": "key: {path} is no key for publishing (RSA of 2048 to 4096 bits); make one with "
    "`lovebell firmware key FILE`",
    "wrong_key_passphrase": "passphrase: it does not open {path}; try again",
    "bad_publisher": "firmware_publisher: {path} is no public key of a publisher; name the .pub "
    "file of `lovebell firmware key`",
    "no_publisher": "firmware_publisher: it is not set, so boards know no publisher; set it to the "
    ".pub file of `lovebell firmware key`",
    "other_publisher": "{path} was not signed by the publisher in {publisher}; boards would "
    "refuse it; check the key `firmware_publisher`, or sign with its key",
    "not_newer": "version: {version} is not newer than {last}, which was published before; raise "
    "it in firmware/bell/__init__.py and run `make firmware`",
    "rollout_runs": "the roll-out of {last} still goes on; wait for its end (`lovebell firmware "
    "status`) or first `lovebell firmware stop`",
    "no_release": "nothing has been published; first `lovebell firmware publish`",
    "rollout_stopped": "the roll-out of {version} has stopped already; to go on, "
    "`lovebell firmware resume`",
    "rollout_goes_on": "the roll-out of {version} is not stopped; see `lovebell firmware status`",
    "no_turn": "device: {id!r} has not had its turn with {version}; see `lovebell firmware status`",
    "not_over": "device: {id!r} is not at an end with {version}; see `lovebell firmware status`",
    "too_often": "device: {id!r} was offered {version} as often as can be; publish a newer version",
    "bad_host": "host: {text!r} is no name and no address of this machine, such as bell.example or "
    "192.168.1.10",
}  # fmt: skip


class BooksError(ValueError):
    """What an operator asked for cannot be; nothing was changed. `str` is the English sentence.

    `code` is one of MESSAGES, `needs` what its sentence is filled with.
    """

    def __init__(self, code: str, **needs: str | int) -> None:
        super().__init__(MESSAGES[code].format_map(needs))
        self.code = code
        self.needs = needs
