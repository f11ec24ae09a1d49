"""activity entered by: the officer who described an activity for a company that asked

Revises: listed_events
"""

import sqlalchemy as sa
from alembic import op

revision = 'activity_entered_by'
down_revision = 'listed_events'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.add_column(sa.Column('entered_by_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key('fk_activity_entered_by', 'person', ['entered_by_id'], ['id'])


def downgrade():
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.drop_constraint('fk_activity_entered_by', type_='foreignkey')
        batch_op.drop_column('entered_by_id')
