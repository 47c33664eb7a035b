"""The first tables, and the triggers that keep the event log append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cycle",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_cycle")),
    )
    op.create_table(
        "district",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("nces_id", sa.Text(), server_default="", nullable=False),
        sa.Column("county", sa.Text(), server_default="", nullable=False),
        sa.Column("cooperative", sa.Text(), server_default="", nullable=False),
        sa.Column("enrollment", sa.Integer(), nullable=True),
        sa.Column("schools", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('county', 'independent', 'state_school', 'state_office')",
            name=op.f("ck_district_kind_known"),
        ),
        sa.PrimaryKeyConstraint("state", "code", name=op.f("pk_district")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cycle_key", sa.Text(), nullable=True),
        sa.Column("stage_key", sa.Text(), nullable=True),
        sa.Column("district_code", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_district", ["cycle_key", "district_code", "stage_key"], unique=False)

    op.create_table(
        "roster_version",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_roster_version")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            "uq_task_open",
            ["state", "kind", "district_code", "subject"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "contact",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("undeliverable", sa.Text(), nullable=True),
        sa.Column("deputy_for", sa.Text(), nullable=True),
        sa.Column("away_until", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["state", "district_code"],
            ["district.state", "district.code"],
            name=op.f("fk_contact_district_state"),
        ),
        sa.PrimaryKeyConstraint("state", "key", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index("ix_contact_district", ["state", "district_code"], unique=False)

    op.create_table(
        "cycle_version",
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_cycle_version_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("cycle_key", "number", name=op.f("pk_cycle_version")),
    )
    op.create_table(
        "decline",
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_decline_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("cycle_key", "contact_key", "kind", name=op.f("pk_decline")),
    )
    op.create_table(
        "district_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('meeting', 'break')", name=op.f("ck_district_day_kind_known")),
        sa.ForeignKeyConstraint(
            ["state", "district_code"],
            ["district.state", "district.code"],
            name=op.f("fk_district_day_district_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_district_day")),
    )
    with op.batch_alter_table("district_day", schema=None) as batch_op:
        batch_op.create_index("ix_district_day_district", ["state", "district_code"], unique=False)

    op.create_table(
        "district_stage",
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("stage_key", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_since", sa.Date(), nullable=True),
        sa.Column("due_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rounds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('not_open', 'open', 'in_progress', 'submitted', 'under_review', 'returned', 'approved', 'excused', 'not_required')",
            name=op.f("ck_district_stage_status_known"),
        ),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_district_stage_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("cycle_key", "stage_key", "district_code", name=op.f("pk_district_stage")),
    )
    with op.batch_alter_table("district_stage", schema=None) as batch_op:
        batch_op.create_index("ix_district_stage_district", ["cycle_key", "district_code"], unique=False)

    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("scope IN ('district', 'person', 'state')", name=op.f("ck_feed_scope_known")),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_feed_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_feed_token_sha256")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("send_on", sa.Date(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("template_version", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_by", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("held_because", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('held', 'queued', 'sending', 'sent', 'failed', 'uncertain', 'bounced', 'suppressed', 'discarded')",
            name=op.f("ck_outbox_status_known"),
        ),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_outbox_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_person_day", ["cycle_key", "contact_key", "send_on"], unique=False)
        batch_op.create_index(
            "ix_outbox_waiting", ["status", "cycle_key", "id", "not_before", "zone"], unique=False
        )

    op.create_table(
        "raw_message",
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_raw_message_outbox_outbox_id")),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_raw_message")),
    )
    op.create_table(
        "pause",
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_pause_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("cycle_key", "paused_at", name=op.f("pk_pause")),
    )
    op.create_table(
        "plan_track",
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("plan_year", sa.Integer(), nullable=False),
        sa.Column("plan_years", sa.Integer(), nullable=False),
        sa.CheckConstraint("track IN ('full', 'update')", name=op.f("ck_plan_track_track_known")),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_plan_track_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("cycle_key", "district_code", name=op.f("pk_plan_track")),
    )
    op.create_table(
        "relief",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("districts", sa.JSON(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_relief_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relief")),
    )
    with op.batch_alter_table("relief", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_relief_cycle_key"), ["cycle_key"], unique=False)

    op.create_table(
        "reviewer",
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_reviewer_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("cycle_key", "district_code", name=op.f("pk_reviewer")),
    )
    op.create_table(
        "ringer",
        sa.Column("installation", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("api_url", sa.Text(), nullable=False),
        sa.Column("bells", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("installation", name=op.f("pk_ringer")),
    )
    op.create_table(
        "round",
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_key"], ["cycle.key"], name=op.f("fk_round_cycle_cycle_key")),
        sa.PrimaryKeyConstraint("cycle_key", "as_of", name=op.f("pk_round")),
    )
    op.create_table(
        "template_approval",
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("template_version", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_key"], ["cycle.key"], name=op.f("fk_template_approval_cycle_cycle_key")
        ),
        sa.PrimaryKeyConstraint("cycle_key", "kind", "template_version", name=op.f("pk_template_approval")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'refused', 'deferred', 'unknown')",
            name=op.f("ck_delivery_outcome_known"),
        ),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_delivery_outbox_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("outbox_id", "attempt", name=op.f("uq_delivery_outbox_id_attempt")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_at", ["at"], unique=False)

    op.create_table(
        "hand_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["state", "contact_key"],
            ["contact.state", "contact.key"],
            name=op.f("fk_hand_over_contact_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
    )
    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.create_index("ix_hand_over_contact", ["state", "contact_key"], unique=False)

    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("stage_key", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_because", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("capped_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calendar_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reason IN ('work_in', 'waived', 'not_owed', 'contact_left', 'rung_removed', 'date_moved', 'relief', 'collapsed', 'role_empty', 'unreachable', 'too_late', 'declined', 'paused', 'held', 'capped', 'undone', 'no_news')",
            name=op.f("ck_reminder_reason_known"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'queued', 'superseded', 'cancelled', 'missed', 'no_address')",
            name=op.f("ck_reminder_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["cycle_key", "stage_key", "district_code"],
            ["district_stage.cycle_key", "district_stage.stage_key", "district_stage.district_code"],
            name=op.f("fk_reminder_district_stage_cycle_key"),
        ),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_reminder_outbox_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint(
            "cycle_key",
            "stage_key",
            "district_code",
            "rung",
            "contact_key",
            "deadline_on",
            name="uq_reminder_natural",
        ),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.create_index("ix_reminder_outbox", ["outbox_id"], unique=False)
        batch_op.create_index("ix_reminder_waiting", ["cycle_key", "status", "due_at"], unique=False)

    op.create_table(
        "submission",
        sa.Column("cycle_key", sa.Text(), nullable=False),
        sa.Column("stage_key", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_key", "stage_key", "district_code"],
            ["district_stage.cycle_key", "district_stage.stage_key", "district_stage.district_code"],
            name=op.f("fk_submission_district_stage_cycle_key"),
        ),
        sa.PrimaryKeyConstraint(
            "cycle_key", "stage_key", "district_code", "version", name=op.f("pk_submission")
        ),
    )
    _refuse_changes_to_events()


def downgrade() -> None:
    _allow_changes_to_events()
    op.drop_table("submission")
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.drop_index("ix_reminder_waiting")
        batch_op.drop_index("ix_reminder_outbox")

    op.drop_table("reminder")
    with op.batch_alter_table("hand_over", schema=None) as batch_op:
        batch_op.drop_index("ix_hand_over_contact")

    op.drop_table("hand_over")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_delivery_at")

    op.drop_table("delivery")
    op.drop_table("template_approval")
    op.drop_table("round")
    op.drop_table("ringer")
    op.drop_table("reviewer")
    with op.batch_alter_table("relief", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_relief_cycle_key"))

    op.drop_table("relief")
    op.drop_table("plan_track")
    op.drop_table("pause")
    op.drop_table("raw_message")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_waiting")
        batch_op.drop_index("ix_outbox_person_day")

    op.drop_table("outbox")
    op.drop_table("feed")
    with op.batch_alter_table("district_stage", schema=None) as batch_op:
        batch_op.drop_index("ix_district_stage_district")

    op.drop_table("district_stage")
    with op.batch_alter_table("district_day", schema=None) as batch_op:
        batch_op.drop_index("ix_district_day_district")

    op.drop_table("district_day")
    op.drop_table("decline")
    op.drop_table("cycle_version")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index("ix_contact_district")

    op.drop_table("contact")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_task_open",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.drop_table("task")
    op.drop_table("roster_version")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_district")

    op.drop_table("event")
    op.drop_table("district")
    op.drop_table("cycle")


REFUSAL = "the event log is append-only"


def _refuse_changes_to_events() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER event_no_{verb.lower()} BEFORE {verb} ON event "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION event_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_append_only()"
    )


def _allow_changes_to_events() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER event_no_{verb.lower()}")
        return
    op.execute("DROP TRIGGER event_append_only ON event")
    op.execute("DROP FUNCTION event_append_only")
