"""officer letters: the week each officer was written to, what they were alerted of, and whether they want alerts

Revises: declared_visits
"""

import sqlalchemy as sa
from alembic import op

revision = 'officer_letters'
down_revision = 'declared_visits'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('wants_alerts', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        'officer_digest',
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('week_on', sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_officer_digest_person_id')),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_officer_digest')),
    )
    op.create_table(
        'officer_alert',
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=80), nullable=False),
        sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_officer_alert_person_id')),
        sa.PrimaryKeyConstraint('person_id', 'key', name=op.f('pk_officer_alert')),
    )


def downgrade():
    op.drop_table('officer_alert')
    op.drop_table('officer_digest')
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_column('wants_alerts')
