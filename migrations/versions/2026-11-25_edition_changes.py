"""what administrators changed of editions, and which firms were invited to come back

Revises: told_to_an_officer
"""

import sqlalchemy as sa
from alembic import op

revision = 'edition_changes'
down_revision = 'told_to_an_officer'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('edition_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=40), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_edition_change_edition_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_edition_change_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_edition_change'))
    )
    op.create_table('return_invitation',
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('company_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['company_id'], ['company.id'], name=op.f('fk_return_invitation_company_id')),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_return_invitation_edition_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_return_invitation_person_id')),
    sa.PrimaryKeyConstraint('edition_id', 'company_id', name=op.f('pk_return_invitation'))
    )
    with op.batch_alter_table('edition_change', schema=None) as batch_op:
        batch_op.create_index('ix_edition_change_edition', ['edition_id', 'id'], unique=False)


def downgrade():
    op.drop_table('return_invitation')
    op.drop_table('edition_change')
