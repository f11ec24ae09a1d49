"""companies that take no new request for a time, and the weekly letter of needs

Revises: kept_places
"""

import sqlalchemy as sa
from alembic import op

revision = 'pauses_and_digests'
down_revision = 'kept_places'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('company', schema=None) as batch_op:
        batch_op.add_column(sa.Column('silent_since', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('back_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        'needs_digest',
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('week_on', sa.Date(), nullable=False),
        sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_needs_digest_person_id')),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_needs_digest')),
    )


def downgrade():
    op.drop_table('needs_digest')
    with op.batch_alter_table('company', schema=None) as batch_op:
        batch_op.drop_column('back_at')
        batch_op.drop_column('silent_since')
