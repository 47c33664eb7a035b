"""What waits is found without an index of its status, so that PostgreSQL changes a letter in place.

Claiming and settling are the only changes most letters ever see. An index that holds a changed column makes
PostgreSQL write the row anew into every index there is (heap-only tuples, PostgreSQL manual 73.7); half of a
page is left free for the newer versions of its rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN = ("held", "queued", "sending", "uncertain")
UNSETTLED = sa.text("settled_at IS NULL")
NOT_TAKEN = sa.text("outcome <> 'accepted'")


def upgrade() -> None:
    outbox = sa.table("outbox", *map(sa.column, ("status", "settled_at", "queued_at")))
    connection = op.get_bind()
    connection.execute(sa.update(outbox).where(outbox.c.status.in_(OPEN)).values(settled_at=None))
    # A letter that was refused, put into the queue again and then taken back may have lost the moment.
    lost = sa.and_(outbox.c.settled_at.is_(None), outbox.c.status.not_in(OPEN))
    connection.execute(sa.update(outbox).where(lost).values(settled_at=outbox.c.queued_at))
    op.drop_index("ix_outbox_waiting", table_name="outbox")
    op.create_index(
        "ix_outbox_waiting", "outbox", ["cycle_key", "id"], sqlite_where=UNSETTLED, postgresql_where=UNSETTLED
    )
    op.create_index(
        "ix_delivery_not_taken", "delivery", ["outbox_id"], sqlite_where=NOT_TAKEN, postgresql_where=NOT_TAKEN
    )
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE outbox SET (fillfactor = 50)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE outbox RESET (fillfactor)")
    op.drop_index("ix_delivery_not_taken", table_name="delivery")
    op.drop_index("ix_outbox_waiting", table_name="outbox")
    op.create_index(
        "ix_outbox_waiting", "outbox", ["status", "cycle_key", "id", "not_before", "zone"], unique=False
    )
