"""search terms and slot revisions

Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('activity_term',
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('word', sa.String(length=40).with_variant(sa.String(length=40, collation='C'), 'postgresql'), nullable=False),
    sa.Column('term', sa.String(length=40).with_variant(sa.String(length=40, collation='C'), 'postgresql'), nullable=False),
    sa.Column('shown', sa.String(length=40), nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_activity_term_activity_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('activity_id', 'word', name=op.f('pk_activity_term'))
    )
    with op.batch_alter_table('activity_term', schema=None) as batch_op:
        batch_op.create_index('ix_activity_term_term', ['term', 'activity_id', 'weight'], unique=False)
        batch_op.create_index('ix_activity_term_word', ['word', 'activity_id', 'weight'], unique=False)

    with op.batch_alter_table('slot', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sequence', sa.Integer(), server_default='0', nullable=False))



def downgrade():
    # Not in a batch: SQLite drops the column itself, where a batch would copy the table without all of its checks.
    op.drop_column('slot', 'sequence')

    with op.batch_alter_table('activity_term', schema=None) as batch_op:
        batch_op.drop_index('ix_activity_term_word')
        batch_op.drop_index('ix_activity_term_term')

    op.drop_table('activity_term')
