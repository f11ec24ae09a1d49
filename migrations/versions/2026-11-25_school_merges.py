"""school merges: which school took over which

Revises: officer_letters
"""

import sqlalchemy as sa
from alembic import op

revision = 'school_merges'
down_revision = 'officer_letters'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('school_merge',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('old_id', sa.Integer(), nullable=False),
    sa.Column('new_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('merged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('bookings', sa.Integer(), nullable=False),
    sa.Column('classes', sa.Integer(), nullable=False),
    sa.Column('members', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['old_id'], ['school.id'], name=op.f('fk_school_merge_old_id')),
    sa.ForeignKeyConstraint(['new_id'], ['school.id'], name=op.f('fk_school_merge_new_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_school_merge_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_school_merge')),
    sa.UniqueConstraint('old_id', name=op.f('uq_school_merge_old_id'))
    )
    with op.batch_alter_table('school_merge', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_school_merge_new_id'), ['new_id'], unique=False)


def downgrade():
    op.drop_table('school_merge')
