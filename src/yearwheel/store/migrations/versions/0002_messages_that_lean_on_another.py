"""Messages may be packed against another one that they are like."""

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NAME = "fk_raw_message_raw_message_like_id"


def upgrade() -> None:
    with op.batch_alter_table("raw_message") as batch_op:
        batch_op.alter_column("raw", new_column_name="packed")
        batch_op.add_column(sa.Column("like_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f(NAME), "raw_message", ["like_id"], ["outbox_id"])


def downgrade() -> None:
    connection = op.get_bind()
    table = sa.table("raw_message", *map(sa.column, ("outbox_id", "like_id", "packed")))
    original = table.alias("original")
    leaning = sa.select(table.c.outbox_id, table.c.packed, original.c.packed).join(
        original, original.c.outbox_id == table.c.like_id
    )
    alone = (
        sa.update(table).where(table.c.outbox_id == sa.bindparam("row")).values(packed=sa.bindparam("raw"))
    )
    for row, packed, like in connection.execute(leaning).all():
        raw = zlib.decompressobj(zdict=zlib.decompress(like)).decompress(packed)
        connection.execute(alone, {"row": row, "raw": zlib.compress(raw, 1)})
    with op.batch_alter_table("raw_message") as batch_op:
        batch_op.drop_constraint(op.f(NAME), type_="foreignkey")
        batch_op.drop_column("like_id")
        batch_op.alter_column("packed", new_column_name="raw")
