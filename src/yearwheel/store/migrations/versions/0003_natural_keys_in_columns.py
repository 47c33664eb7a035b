"""A letter and an attempt are found by their natural keys, kept once: as columns, each in one index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NTH_LETTER = "uq_outbox_cycle_key_contact_key_send_on_nth"
PERSON_DAY = ["cycle_key", "contact_key", "send_on"]


def upgrade() -> None:
    outbox = sa.table("outbox", *map(sa.column, ("id", "key", "nth")))
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.add_column(sa.Column("nth", sa.Integer(), nullable=True))
    connection = op.get_bind()
    numbered = sa.update(outbox).where(outbox.c.id == sa.bindparam("row")).values(nth=sa.bindparam("number"))
    keys = connection.execute(sa.select(outbox.c.id, outbox.c.key)).all()
    if keys:
        numbers = [{"row": row, "number": int(key.rpartition("/")[2])} for row, key in keys]
        connection.execute(numbered, numbers)
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.alter_column("nth", nullable=False)
        batch_op.drop_index("ix_outbox_person_day")
        batch_op.drop_constraint(op.f("uq_outbox_key"), type_="unique")
        batch_op.drop_column("key")
        batch_op.create_unique_constraint(op.f(NTH_LETTER), [*PERSON_DAY, "nth"])
    with op.batch_alter_table("delivery") as batch_op:
        batch_op.drop_constraint(op.f("uq_delivery_outbox_id_attempt"), type_="unique")
        batch_op.drop_constraint(op.f("pk_delivery"), type_="primary")
        batch_op.drop_column("id")
        batch_op.create_primary_key(op.f("pk_delivery"), ["outbox_id", "attempt"])


def downgrade() -> None:
    with op.batch_alter_table("delivery") as batch_op:
        batch_op.drop_constraint(op.f("pk_delivery"), type_="primary")
        batch_op.add_column(sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True))
        batch_op.create_primary_key(op.f("pk_delivery"), ["id"])
        batch_op.create_unique_constraint(op.f("uq_delivery_outbox_id_attempt"), ["outbox_id", "attempt"])
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.add_column(sa.Column("key", sa.Text(), nullable=True))
    outbox = sa.table("outbox", *map(sa.column, ("key", *PERSON_DAY, "nth")))
    on = sa.cast(outbox.c.send_on, sa.Text())
    key = outbox.c.cycle_key + "/" + outbox.c.contact_key + "/" + on + "/" + sa.cast(outbox.c.nth, sa.Text())
    op.get_bind().execute(sa.update(outbox).values(key=key))
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.alter_column("key", nullable=False)
        batch_op.drop_constraint(op.f(NTH_LETTER), type_="unique")
        batch_op.drop_column("nth")
        batch_op.create_unique_constraint(op.f("uq_outbox_key"), ["key"])
        batch_op.create_index("ix_outbox_person_day", PERSON_DAY, unique=False)
