"""feedback of both sides after a visit

Revises: calendar_feeds
"""

import sqlalchemy as sa
from alembic import op

revision = 'feedback'
down_revision = 'calendar_feeds'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('feedback',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=40), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('rating', sa.Integer(), nullable=True),
    sa.Column('worked', sa.JSON(), nullable=False),
    sa.Column('prepared', sa.Boolean(), nullable=True),
    sa.Column('again', sa.Boolean(), nullable=True),
    sa.Column('comment', sa.String(length=600), nullable=False),
    sa.Column('before_girls', sa.Integer(), nullable=True),
    sa.Column('before_boys', sa.Integer(), nullable=True),
    sa.Column('after_girls', sa.Integer(), nullable=True),
    sa.Column('after_boys', sa.Integer(), nullable=True),
    sa.CheckConstraint("side IN ('teacher', 'host')", name=op.f('ck_feedback_one_of_two_sides')),
    sa.CheckConstraint('rating BETWEEN 1 AND 5', name=op.f('ck_feedback_rating_of_five')),
    sa.CheckConstraint('(answered_at IS NULL) = (rating IS NULL)', name=op.f('ck_feedback_rated_when_answered')),
    sa.CheckConstraint('before_girls BETWEEN 0 AND 200 AND before_boys BETWEEN 0 AND 200 AND after_girls BETWEEN 0 AND 200 AND after_boys BETWEEN 0 AND 200', name=op.f('ck_feedback_hands_plausible')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_feedback_booking_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_feedback_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback')),
    sa.UniqueConstraint('booking_id', 'side', name=op.f('uq_feedback_booking_id_side'))
    )


def downgrade():
    op.drop_table('feedback')
