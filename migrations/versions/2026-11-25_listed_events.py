"""listed events: the official list of labelled events, as it was imported

Revises: school_merges
"""

import sqlalchemy as sa
from alembic import op

revision = 'listed_events'
down_revision = 'school_merges'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('listed_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('company_name', sa.String(length=160), nullable=False),
    sa.Column('departement_code', sa.String(length=3), nullable=False),
    sa.Column('commune', sa.String(length=80), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('url', sa.String(length=300), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=True),
    sa.Column('imported_by_id', sa.Integer(), nullable=True),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_listed_event_in_order')),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_listed_event_edition_id')),
    sa.ForeignKeyConstraint(['departement_code'], ['departement.code'], name=op.f('fk_listed_event_departement_code')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_listed_event_activity_id')),
    sa.ForeignKeyConstraint(['imported_by_id'], ['person.id'], name=op.f('fk_listed_event_imported_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_listed_event'))
    )
    with op.batch_alter_table('listed_event', schema=None) as batch_op:
        batch_op.create_index('ix_listed_event_edition', ['edition_id', 'departement_code'], unique=False)
        batch_op.create_index(batch_op.f('ix_listed_event_activity_id'), ['activity_id'], unique=False)


def downgrade():
    op.drop_table('listed_event')
