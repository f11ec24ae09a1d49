"""kept places

Revises: allocation_rounds
"""

import sqlalchemy as sa
from alembic import op

revision = 'kept_places'
down_revision = 'allocation_rounds'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_priority', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.drop_column('is_priority')
