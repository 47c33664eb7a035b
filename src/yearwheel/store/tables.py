"""Every table. Districts and contacts belong to a state; everything else belongs to a cycle."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from yearwheel.calendar.cycle import Track
from yearwheel.calendar.feed import FeedScope
from yearwheel.notifications.ledger import Attempt, OutboxStatus, Reason, ReminderStatus
from yearwheel.roster.district_days import DayKind
from yearwheel.roster.people import BodyKind
from yearwheel.stages.status import Status
from yearwheel.store.columns import Moment, Word, one_of

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

cycles = Table(
    "cycle",
    metadata,
    Column("key", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),  # the calendar file in force
    Column("created_at", Moment, nullable=False),
    Column("published_at", Moment),
    Column("closed_at", Moment),
    Column("version", Integer, nullable=False, server_default="0"),  # of the calendar in force; 0 is a draft
)

cycle_versions = Table(
    "cycle_version",
    metadata,
    Column("cycle_key", Text, ForeignKey("cycle.key"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
)

# A district in the middle of a plan of several years updates it, and is let off the other stages.
plan_tracks = Table(
    "plan_track",
    metadata,
    Column("cycle_key", Text, ForeignKey("cycle.key"), primary_key=True),
    Column("district_code", Text, primary_key=True),
    Column("track", Word(Track), nullable=False),
    Column("plan_year", Integer, nullable=False),
    Column("plan_years", Integer, nullable=False),
    one_of("track", Track),
)

# A time in which districts struck by a disaster are asked for nothing.
reliefs = Table(
    "relief",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cycle_key", Text, ForeignKey("cycle.key"), nullable=False, index=True),
    Column("districts", JSON, nullable=False),  # codes
    Column("first_on", Date, nullable=False),
    Column("last_on", Date, nullable=False),
    Column("why", Text, nullable=False),
    Column("declared_by", Text, nullable=False),
    Column("declared_at", Moment, nullable=False),
    Column("act", Text, nullable=False),
    Column("ended_by", Text),
    Column("ended_at", Moment),
)

# A calendar feed that anyone may read who holds its token; only the token's digest is kept.
feeds = Table(
    "feed",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_sha256", Text, nullable=False, unique=True),
    Column("cycle_key", Text, ForeignKey("cycle.key"), nullable=False),
    Column("scope", Word(FeedScope), nullable=False),
    Column("subject", Text, nullable=False, server_default=""),  # a district's code or a contact's key
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    one_of("scope", FeedScope),
)

districts = Table(
    "district",
    metadata,
    Column("state", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Word(BodyKind), nullable=False),
    Column("zone", Text, nullable=False),
    Column("nces_id", Text, nullable=False, server_default=""),
    Column("county", Text, nullable=False, server_default=""),
    Column("cooperative", Text, nullable=False, server_default=""),
    Column("enrollment", Integer),
    Column("schools", Integer),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("left_on", Date),  # merged or closed; the row and its history stay
    one_of("kind", BodyKind),
)

# What districts' own calendars say, and said before: the days their boards meet, and their breaks.
district_days = Table(
    "district_day",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("district_code", Text, nullable=False),
    Column("kind", Word(DayKind), nullable=False),
    Column("on_day", Date, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("from_at", Moment, nullable=False),
    Column("until_at", Moment),
    Index("ix_district_day_district", "state", "district_code"),
    ForeignKeyConstraint(["state", "district_code"], ["district.state", "district.code"]),
    one_of("kind", DayKind),
)

contacts = Table(
    "contact",
    metadata,
    Column("state", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("district_code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("undeliverable", Text),  # the mail server's words
    Column("deputy_for", Text),  # key of the contact they stand in for
    Column("away_until", Date),  # the last day on which their deputy is told instead
    Column("verified_at", Moment),  # when they last said that this is their role and address
    Column("left_at", Moment),
    ForeignKeyConstraint(["state", "district_code"], ["district.state", "district.code"]),
    Index("ix_contact_district", "state", "district_code"),
)

# Changes with every change of a state's people, so that a roster read before can be known to be the newest.
roster_versions = Table(
    "roster_version",
    metadata,
    Column("state", Text, primary_key=True),
    Column("version", Text, nullable=False),
)

reviewers = Table(
    "reviewer",
    metadata,
    Column("cycle_key", Text, ForeignKey("cycle.key"), primary_key=True),
    Column("district_code", Text, primary_key=True),
    Column("contact_key", Text, nullable=False),
)

district_stages = Table(
    "district_stage",
    metadata,
    Column("cycle_key", Text, ForeignKey("cycle.key"), primary_key=True),
    Column("stage_key", Text, primary_key=True),
    Column("district_code", Text, primary_key=True),
    Column("status", Word(Status), nullable=False),
    Column("due_on", Date),  # this district's own due day, where it differs from the stage's
    Column("due_since", Date),  # the day that due day came into force: earlier rungs are not called
    Column("due_because", Text),  # local, extension, relief, returned, received
    Column("version", Integer, nullable=False, server_default="0"),  # newest submission
    Column("rounds", Integer, nullable=False, server_default="0"),  # how often it was returned
    Column("opens_on", Date),  # the day its opening is told, where a relief stood over the stage's own
    Column("changed_at", Moment, nullable=False),
    one_of("status", Status),
    Index("ix_district_stage_district", "cycle_key", "district_code"),
)

submissions = Table(
    "submission",
    metadata,
    Column("cycle_key", Text, primary_key=True),
    Column("stage_key", Text, primary_key=True),
    Column("district_code", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("evidence", JSON, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("submitted_by", Text, nullable=False),
    Column("submitted_at", Moment, nullable=False),
    ForeignKeyConstraint(
        ["cycle_key", "stage_key", "district_code"],
        ["district_stage.cycle_key", "district_stage.stage_key", "district_stage.district_code"],
    ),
)

reminders = Table(
    "reminder",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cycle_key", Text, nullable=False),
    Column("stage_key", Text, nullable=False),
    Column("district_code", Text, nullable=False),
    Column("rung", Text, nullable=False),
    Column("contact_key", Text, nullable=False),  # "nobody:<role>" where the role is empty
    Column("deadline_on", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("due_on", Date, nullable=False),  # the reader's local day it goes on
    Column("due_at", Moment, nullable=False),
    Column("moved_because", Text),
    Column("note", Text, nullable=False, server_default=""),  # a reviewer's or admin's words; untrusted
    Column("status", Word(ReminderStatus), nullable=False),
    Column("reason", Word(Reason)),
    Column("capped_until", Moment),  # its reader has had a week's letters; from then on it may go alone
    Column("outbox_id", Integer, ForeignKey("outbox.id")),
    Column("planned_at", Moment, nullable=False),
    Column(
        "calendar_version", Integer, nullable=False, server_default="1"
    ),  # the calendar it was planned under
    Column("settled_at", Moment),
    UniqueConstraint(
        "cycle_key",
        "stage_key",
        "district_code",
        "rung",
        "contact_key",
        "deadline_on",
        name="uq_reminder_natural",
    ),
    ForeignKeyConstraint(
        ["cycle_key", "stage_key", "district_code"],
        ["district_stage.cycle_key", "district_stage.stage_key", "district_stage.district_code"],
    ),
    one_of("status", ReminderStatus),
    one_of("reason", Reason),
    Index("ix_reminder_waiting", "cycle_key", "status", "due_at"),
    Index("ix_reminder_outbox", "outbox_id"),
)

_UNSETTLED, _NOT_TAKEN = text("settled_at IS NULL"), text("outcome <> 'accepted'")

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cycle_key", Text, ForeignKey("cycle.key"), nullable=False),
    Column("contact_key", Text, nullable=False),
    Column("send_on", Date, nullable=False),
    Column("nth", Integer, nullable=False),  # which of the reader's that day: nearly always the first
    Column("recipient", Text, nullable=False),
    Column("zone", Text, nullable=False),  # the reader's: the send window is theirs
    Column("subject", Text, nullable=False),
    Column("template_version", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("status", Word(OutboxStatus), nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_by", Text),
    Column("lease_until", Moment),
    Column("queued_at", Moment, nullable=False),
    Column("held_by", Text),  # who kept it back; stays when it is let go
    Column("held_because", Text),
    Column("released_at", Moment),
    Column("settled_at", Moment),  # empty while it is OPEN
    one_of("status", OutboxStatus),
    UniqueConstraint("cycle_key", "contact_key", "send_on", "nth"),
    # In the order of claiming. No index holds what a claim changes: PostgreSQL then changes a row in place.
    Index("ix_outbox_waiting", "cycle_key", "id", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
)

# The exact message, never rendered again (see `raw_messages.py`). On its own, since a row that changes is
# written anew as a whole.
raw_messages = Table(
    "raw_message",
    metadata,
    Column("outbox_id", Integer, ForeignKey("outbox.id"), primary_key=True),
    Column("like_id", Integer, ForeignKey("raw_message.outbox_id")),  # the message it was packed against
    Column("packed", LargeBinary, nullable=False),
)

deliveries = Table(
    "delivery",
    metadata,
    Column("outbox_id", Integer, ForeignKey("outbox.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("outcome", Word(Attempt), nullable=False),
    Column("code", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Column("at", Moment, nullable=False),
    one_of("outcome", Attempt),
    Index("ix_delivery_at", "at"),  # what was tried in the last minute
    Index("ix_delivery_not_taken", "outbox_id", sqlite_where=_NOT_TAKEN, postgresql_where=_NOT_TAKEN),
)

# The first letter of a kind waits for a person; with a new template the next one does again.
template_approvals = Table(
    "template_approval",
    metadata,
    Column("cycle_key", Text, ForeignKey("cycle.key"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("template_version", Text, primary_key=True),
    Column("approved_by", Text, nullable=False),
    Column("approved_at", Moment, nullable=False),
)

# While one is open nothing of its cycle is queued or delivered.
pauses = Table(
    "pause",
    metadata,
    Column("cycle_key", Text, ForeignKey("cycle.key"), primary_key=True),
    Column("paused_at", Moment, primary_key=True),
    Column("paused_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("resumed_at", Moment),
    Column("resumed_by", Text),
)

# Kinds of message that a person need not have, and does not want.
declines = Table(
    "decline",
    metadata,
    Column("cycle_key", Text, ForeignKey("cycle.key"), primary_key=True),
    Column("contact_key", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("declined_at", Moment, nullable=False),
)

# Somebody said that another person does their work now; it counts once it is confirmed.
hand_overs = Table(
    "hand_over",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("contact_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", Text),
    Column("accepted", Boolean),
    ForeignKeyConstraint(["state", "contact_key"], ["contact.state", "contact.key"]),
    Index("ix_hand_over_contact", "state", "contact_key"),
)

# What only a person can do, until it is done. One open task for each kind and subject.
tasks = Table(
    "task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("district_code", Text, nullable=False),
    Column("subject", Text, nullable=False),  # a contact's key, or a role
    Column("what", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", Text),
    Index(
        "uq_task_open",
        "state",
        "kind",
        "district_code",
        "subject",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

rounds = Table(
    "round",
    metadata,
    Column("cycle_key", Text, ForeignKey("cycle.key"), primary_key=True),
    Column("as_of", Moment, primary_key=True),
    Column("finished_at", Moment, nullable=False),
    Column("report", JSON, nullable=False),
)

# Who rings the bells: no row while `serve` does, one row once they were handed to Prefect.
ringers = Table(
    "ringer",
    metadata,
    Column("installation", Text, primary_key=True),
    Column("pool", Text, nullable=False),
    Column("api_url", Text, nullable=False),
    Column("bells", JSON, nullable=False),  # what it was told to ring, in words
    Column("by", Text, nullable=False),
    Column("since", Moment, nullable=False),
)

# Append-only: migrations add triggers that refuse UPDATE and DELETE on both engines.
events = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cycle_key", Text),
    Column("stage_key", Text),
    Column("district_code", Text),
    Column("before", Text),
    Column("after", Text),
    Column("why", Text, nullable=False, server_default=""),
    Column("detail", JSON),
    Index("ix_event_district", "cycle_key", "district_code", "stage_key"),
)
