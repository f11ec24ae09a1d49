"""which schools were called or written to about an edition

Revises: need_board
"""

import sqlalchemy as sa
from alembic import op

revision = 'school_contacts'
down_revision = 'need_board'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('school_contact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('contacted_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_school_contact_edition_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_school_contact_person_id')),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_school_contact_school_id')),
    sa.ForeignKeyConstraint(['undone_by_id'], ['person.id'], name=op.f('fk_school_contact_undone_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_school_contact'))
    )
    with op.batch_alter_table('school_contact', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_school_contact_school_id'), ['school_id'], unique=False)
        batch_op.create_index('ix_school_contact_edition', ['edition_id', 'school_id'], unique=False)


def downgrade():
    op.drop_table('school_contact')
