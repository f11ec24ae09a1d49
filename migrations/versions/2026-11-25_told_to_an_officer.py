"""told to an officer: from which side an officer has what they write down of a visit

Revises: host_clock
"""

import sqlalchemy as sa
from alembic import op

revision = 'told_to_an_officer'
down_revision = 'host_clock'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('visit_record', schema=None) as batch_op:
        batch_op.add_column(sa.Column('told_by', sa.String(length=40), nullable=True))


def downgrade():
    with op.batch_alter_table('visit_record', schema=None) as batch_op:
        batch_op.drop_column('told_by')
