"""The tables as they stand now. How they came to be stands in `migrations`.

Times are UTC milliseconds. What belongs together is written in one transaction.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

home = Table(
    "home",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False, server_default=""),
    Column("phone", Text, nullable=False, server_default=""),
    Column("notes", Text, nullable=False, server_default=""),
    Column("care_level", Integer, nullable=False, server_default="1"),
    Column("grid", String(24), nullable=False, server_default=""),
    Column("community", String(24), nullable=False, server_default=""),
)

responder = Table(
    "responder",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("phone", Text, nullable=False, server_default=""),
    Column("grid", String(24), nullable=False, server_default=""),
)

device = Table(
    "device",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)

# Who was paired with what, and when: `until_ms` is empty while it lasts.
pairing = Table(
    "pairing",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("link", String(16), nullable=False),
    Column("subject", String(24), nullable=False),
    Column("object", String(24), nullable=False),
    Column("rank", Integer, nullable=False, server_default="1"),
    Column("since_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger),
    Index("pairing_now", "link", "subject", sqlite_where=text("until_ms IS NULL")),
)

plan = Table(
    "plan",
    metadata,
    Column("home", String(24), ForeignKey("home.id", ondelete="CASCADE"), primary_key=True),
    Column("steps", Text, nullable=False),
)

# Homes with one calendar. `steps` is the plan of those that have none of their own, or empty.
community = Table(
    "community",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("name", Text, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("steps", Text, nullable=False, server_default=""),
)

# `members` are ids of responders and groups.
group = Table(
    "group",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("name", Text, nullable=False),
    Column("members", JSON, nullable=False),
)

# `shifts` as an operator writes them (domain.rota).
rota = Table(
    "rota",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("name", Text, nullable=False),
    Column("community", String(24), nullable=False),
    Column("shifts", JSON, nullable=False),
)

# `day` as 2027-02-17; a holiday of no community is everybody's.
holiday = Table(
    "holiday",
    metadata,
    Column("community", String(24), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
)

away = Table(
    "away",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("responder", String(24), ForeignKey("responder.id", ondelete="CASCADE"), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)

# One row; an operator's change to the tables above raises `n`, and a running gateway sees it.
revision = Table("revision", metadata, Column("n", Integer, primary_key=True))

# Every press and acknowledgement that was given a receipt. A duplicate is known by it.
receipt = Table(
    "receipt",
    metadata,
    Column("device", String(24), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("episode", String(65), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Index("receipt_episode", "episode"),
)

# `body` and `call_plan` are the whole episode (domain.codec); the other columns are for finding it.
episode = Table(
    "episode",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("id", String(65), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("button", String(24), nullable=False),
    Column("home", String(24), nullable=False),
    Column("state", String(16), nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Column("deadline_ms", BigInteger),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False),
    Column("call_plan", Text, nullable=False),
    # Empty until the personal data is taken out: then the home's grid and community, for the
    # figures, and when.
    Column("grid", String(24)),
    Column("anonymous_ms", BigInteger),
    Column("community", String(24)),
    UniqueConstraint("id"),
    # What the gateway needs at a start, however many have ended.
    Index(
        "episode_live",
        "n",
        sqlite_where=text("state != 'resolved' OR deadline_ms IS NOT NULL"),
    ),
    Index("episode_home", "home", "begun_ms"),
    Index("episode_begun", "begun_ms"),
)

# What an episode may end in, as the community chooses.
outcome = Table(
    "outcome",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("word", String(32), nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    UniqueConstraint("word"),
)

# The record: append only.
event = Table(
    "event",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("episode", String(65), nullable=False, server_default=""),
    Column("what", String(24), nullable=False),
    Column("who", String(64), nullable=False, server_default=""),
    Column("detail", JSON, nullable=False),
    Index("event_episode", "episode", "n", sqlite_where=text("episode != ''")),
)

# What is still to be sent. A row goes when the far side has it.
outbox = Table(
    "outbox",
    metadata,
    Column("key", String(96), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("target", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What operators want done; `answer` is empty until the gateway has done it.
command = Table(
    "command",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("verb", String(16), nullable=False),
    Column("episode", String(65), nullable=False),
    Column("responder", String(24), nullable=False, server_default=""),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("answer", Text),
    Index("command_open", "n", sqlite_where=text("answer IS NULL")),
)

seen = Table(
    "seen",
    metadata,
    Column("device", String(24), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("firmware", String(32), nullable=False, server_default=""),
    Column("heartbeat", JSON, nullable=False),
)

# What is or was wrong with a device or with the gateway; open while `closed_ms` is empty. `note`
# is a human's.
fault = Table(
    "fault",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("device", String(24), nullable=False),
    Column("word", String(64), nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("note", Text, nullable=False, server_default=""),
    UniqueConstraint("device", "word", "opened_ms"),
    Index("fault_open", "n", sqlite_where=text("closed_ms IS NULL")),
)

# The roll call: homes that were not heard since. A row goes when the home is heard or ticked off.
absent = Table(
    "absent",
    metadata,
    Column("home", String(24), primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
    Column("why", String(16), nullable=False),
)

# The services by which messages go. Secrets among the options are references.
channel = Table(
    "channel",
    metadata,
    Column("name", String(24), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("options", JSON, nullable=False),
)

contact = Table(
    "contact",
    metadata,
    Column(
        "responder", String(24), ForeignKey("responder.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("channel", String(24), ForeignKey("channel.name"), primary_key=True),
    Column("address", Text, nullable=False, server_default=""),
    Column("language", String(2), nullable=False, server_default="zh"),
    Column("rank", Integer, nullable=False, server_default="1"),
)

# The messages that are still to be sent. A row goes when its fate is known and on record.
message = Table(
    "message",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("episode", String(65), nullable=False, server_default=""),
    Column("kind", String(16), nullable=False),
    Column("responder", String(24), nullable=False),
    Column("channel", String(24), nullable=False),
    Column("serial", Integer, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

# Links by which an episode can be acknowledged; only the hash of what stands in them.
ticket = Table(
    "ticket",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("episode", String(65), nullable=False),
    Column("responder", String(24), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
    Index("ticket_until", "until_ms"),
)

# The faults that the technicians have been told of, and not yet that they are over.
fault_told = Table(
    "fault_told",
    metadata,
    Column("device", String(24), primary_key=True),
    Column("word", String(64), primary_key=True),
)

# Somebody asked a home for its monthly test, and none came.
attempt = Table(
    "attempt",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("home", String(24), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Index("attempt_at", "at_ms"),
)

# The hash of a device's secret at the broker. One that was not heard by `until_ms` is void.
credential = Table(
    "credential",
    metadata,
    Column("device", String(24), primary_key=True),
    Column("hash", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)

# What technicians may do over the network; only the hash of what they type.
technician_token = Table(
    "technician_token",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("who", Text, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("boards", Integer, nullable=False),
    Column("may_renew", Boolean, nullable=False),
    Column("place", JSON, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("used", Integer, nullable=False, server_default="0"),
    UniqueConstraint("hash"),
)

# What a board (by its address) was last made into. `token` is empty for a bundle's; `hash` is that
# of a secret which is not in force yet, `told` how its setting-up is on record to have ended.
board = Table(
    "board",
    metadata,
    Column("mac", String(24), primary_key=True),
    Column("device", String(24), nullable=False),
    Column("role", String(16), nullable=False),
    Column("token", Integer),
    Column("reservation", Integer, nullable=False, server_default="0"),
    Column("hash", Text),
    Column("at_ms", BigInteger, nullable=False),
    Column("made_ms", BigInteger),
    Column("told", String(16)),
    Index("board_device", "device"),
)

# A release of the firmware and its roll-out; the latest counts. `edition` rises with every change,
# so that gateway and operators do not overwrite one another's. Of an earlier one `image` is empty.
firmware = Table(
    "firmware",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("version", String(32), nullable=False),
    Column("mpy", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("signature", Text, nullable=False),
    Column("image", LargeBinary, nullable=False),
    Column("by", String(64), nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    Column("edition", Integer, nullable=False, server_default="1"),
    Column("stopped", String(16), nullable=False, server_default=""),
    Column("wave", Integer, nullable=False, server_default="0"),
    Column("wave_ms", BigInteger, nullable=False),
    Column("good_ms", BigInteger),
    UniqueConstraint("version"),
)

# How far a device is with a release (domain.rollout.Member).
firmware_device = Table(
    "firmware_device",
    metadata,
    Column("version", String(32), primary_key=True),
    Column("device", String(24), primary_key=True),
    Column("wave", Integer, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("why", String(64), nullable=False, server_default=""),
    Column("at", Integer, nullable=False, server_default="0"),
    Column("since_ms", BigInteger, nullable=False),
    Column("heard_ms", BigInteger, nullable=False),
    Column("excused", Boolean, nullable=False, server_default="0"),
)
