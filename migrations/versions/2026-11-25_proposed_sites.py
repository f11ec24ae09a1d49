"""the site that a colleague proposes with their request to join

Revises: labels
"""

import sqlalchemy as sa
from alembic import op

revision = 'proposed_sites'
down_revision = 'labels'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.add_column(sa.Column('proposed_site', sa.JSON(none_as_null=True), nullable=True))


def downgrade():
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_column('proposed_site')
