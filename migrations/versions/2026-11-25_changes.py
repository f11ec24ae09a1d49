"""changes that are asked for, and minimums that hosts decide on

Revises: messages_and_reports
"""

import sqlalchemy as sa
from alembic import op

revision = 'changes'
down_revision = 'messages_and_reports'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('booking_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('slot_id', sa.Integer(), nullable=True),
    sa.Column('wanted', sa.JSON(), nullable=False),
    sa.Column('seen', sa.JSON(), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer_note', sa.String(length=500), nullable=False),
    sa.CheckConstraint("(kind = 'move') = (slot_id IS NOT NULL)", name=op.f('ck_booking_change_slot_of_a_move')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['person.id'], name=op.f('fk_booking_change_answered_by_id')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_booking_change_asked_by_id')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_booking_change_booking_id')),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_booking_change_slot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_booking_change'))
    )
    with op.batch_alter_table('booking_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_booking_change_booking_id'), ['booking_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_booking_change_slot_id'), ['slot_id'], unique=False)
        batch_op.create_index('ix_booking_change_due', ['state', 'due_at'], unique=False)
        batch_op.create_index('uq_booking_change_pending', ['booking_id'], unique=True,
                              sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
    op.add_column('slot', sa.Column('minimum_asked_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('slot', sa.Column('minimum_kept_at', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column('slot', 'minimum_kept_at')
    op.drop_column('slot', 'minimum_asked_at')
    with op.batch_alter_table('booking_change', schema=None) as batch_op:
        batch_op.drop_index('uq_booking_change_pending')
        batch_op.drop_index('ix_booking_change_due')
        batch_op.drop_index(batch_op.f('ix_booking_change_slot_id'))
        batch_op.drop_index(batch_op.f('ix_booking_change_booking_id'))
    op.drop_table('booking_change')
