"""need board

Revises: school_groups
"""

import sqlalchemy as sa
from alembic import op

revision = 'need_board'
down_revision = 'school_groups'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('need_offer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('need_id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.Column('company_id', sa.Integer(), nullable=False),
    sa.Column('offered_by_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_need_offer_booking_id')),
    sa.ForeignKeyConstraint(['company_id'], ['company.id'], name=op.f('fk_need_offer_company_id')),
    sa.ForeignKeyConstraint(['need_id'], ['need.id'], name=op.f('fk_need_offer_need_id')),
    sa.ForeignKeyConstraint(['offered_by_id'], ['person.id'], name=op.f('fk_need_offer_offered_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_need_offer')),
    sa.UniqueConstraint('booking_id', name=op.f('uq_need_offer_booking_id'))
    )
    with op.batch_alter_table('need_offer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_need_offer_company_id'), ['company_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_need_offer_need_id'), ['need_id'], unique=False)

    with op.batch_alter_table('need', schema=None) as batch_op:
        batch_op.add_column(sa.Column('theme', sa.String(length=120), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column('sectors', sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        batch_op.add_column(sa.Column('kinds', sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        batch_op.add_column(sa.Column('radius_km', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('can_travel', sa.Boolean(), server_default=sa.true(), nullable=False))
        # Filled in for the needs that are there; from now on the model gives it.
        batch_op.alter_column('sectors', server_default=None)
        batch_op.alter_column('kinds', server_default=None)
        batch_op.create_check_constraint(op.f('ck_need_any_visit_has_radius'), 'activity_id IS NOT NULL OR radius_km IS NOT NULL')
        batch_op.create_check_constraint(op.f('ck_need_radius_plausible'), 'radius_km BETWEEN 1 AND 300')
        batch_op.create_index('uq_need_on_board_class', ['class_id'], unique=True, sqlite_where=sa.text("state = 'open' AND activity_id IS NULL"), postgresql_where=sa.text("state = 'open' AND activity_id IS NULL"))


def downgrade():
    with op.batch_alter_table('need', schema=None) as batch_op:
        batch_op.drop_index('uq_need_on_board_class')
        batch_op.drop_constraint(op.f('ck_need_radius_plausible'), type_='check')
        batch_op.drop_constraint(op.f('ck_need_any_visit_has_radius'), type_='check')
        for name in ('can_travel', 'radius_km', 'kinds', 'sectors', 'theme'):
            batch_op.drop_column(name)
    op.drop_table('need_offer')
