"""trust and action links

Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('action_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('object_key', sa.String(length=120), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_action_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_action_link_token_hash'))
    )
    with op.batch_alter_table('action_link', schema=None) as batch_op:
        batch_op.create_index('ix_action_link_object', ['object_key', 'purpose'], unique=False)

    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.add_column(sa.Column('trusted_by_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('trust_note', sa.String(length=300), server_default=sa.text("''"), nullable=False))

    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True))



def downgrade():
    # Not in a batch: SQLite drops the columns itself, where a batch would copy the tables without all of their checks.
    op.drop_column('person', 'closed_at')
    op.drop_column('membership', 'trust_note')
    op.drop_column('membership', 'trusted_by_id')

    with op.batch_alter_table('action_link', schema=None) as batch_op:
        batch_op.drop_index('ix_action_link_object')

    op.drop_table('action_link')
