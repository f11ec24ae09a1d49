"""school groups

Revises: authorisations
"""

import sqlalchemy as sa
from alembic import op

revision = 'school_groups'
down_revision = 'authorisations'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('school_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('academie_code', sa.String(length=2), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['academie_code'], ['academie.code'], name=op.f('fk_school_group_academie_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_school_group')),
    sa.UniqueConstraint('academie_code', 'name', name=op.f('uq_school_group_academie_code_name'))
    )
    op.create_table('school_group_member',
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['school_group.id'], name=op.f('fk_school_group_member_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_school_group_member_school_id')),
    sa.PrimaryKeyConstraint('group_id', 'school_id', name=op.f('pk_school_group_member'))
    )
    with op.batch_alter_table('school_group_member', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_school_group_member_school_id'), ['school_id'], unique=False)


def downgrade():
    with op.batch_alter_table('school_group_member', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_school_group_member_school_id'))

    op.drop_table('school_group_member')
    op.drop_table('school_group')
