"""when the host was asked, and when it answered

Revises: pauses_and_digests
"""

import sqlalchemy as sa
from alembic import op

revision = 'host_clock'
down_revision = 'pauses_and_digests'
branch_labels = None
depends_on = None

FIGURES = [
    'edition_id', 'state', 'class_id', 'school_id', 'departement_code', 'slot_id', 'level_code', 'pupils', 'adults',
    'girls', 'present_pupils', 'present_adults', 'present_girls', 'ended_by', 'end_reason', 'host_asked_at',
    'host_answered_at',
]


def upgrade():
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.add_column(sa.Column('host_asked_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('host_answered_at', sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE booking SET host_asked_at = (SELECT max(e.happened_at) FROM booking_event e WHERE e.booking_id = booking.id"
        " AND e.to_state = 'requested' AND (e.event IN ('ask_host', 'move') OR e.from_state IS NULL"
        " OR e.from_state <> 'requested'))"
    )
    op.execute(
        "UPDATE booking SET host_answered_at = (SELECT max(e.happened_at) FROM booking_event e"
        " WHERE e.booking_id = booking.id AND e.event IN ('host_accept', 'host_decline'))"
    )


    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.drop_index('ix_booking_edition_id')
        batch_op.create_index('ix_booking_figures', FIGURES, unique=False)


def downgrade():
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.drop_index('ix_booking_figures')
        batch_op.create_index('ix_booking_edition_id', ['edition_id'], unique=False)
        batch_op.drop_column('host_answered_at')
        batch_op.drop_column('host_asked_at')
