"""outing suspensions

Revises: papers
"""

import sqlalchemy as sa
from alembic import op

revision = 'outing_suspensions'
down_revision = 'papers'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('outing_suspension',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('departement_code', sa.String(length=3), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lifted_by_id', sa.Integer(), nullable=True),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('last_on IS NULL OR last_on >= first_on', name=op.f('ck_outing_suspension_in_order')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_outing_suspension_created_by_id')),
    sa.ForeignKeyConstraint(['departement_code'], ['departement.code'], name=op.f('fk_outing_suspension_departement_code')),
    sa.ForeignKeyConstraint(['lifted_by_id'], ['person.id'], name=op.f('fk_outing_suspension_lifted_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outing_suspension'))
    )
    with op.batch_alter_table('outing_suspension', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outing_suspension_departement_code'), ['departement_code'], unique=False)


def downgrade():
    with op.batch_alter_table('outing_suspension', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outing_suspension_departement_code'))

    op.drop_table('outing_suspension')
