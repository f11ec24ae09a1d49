"""declared visits: what was arranged elsewhere, and where the bookings that were only declared are found

Revises: edition_changes
"""

import sqlalchemy as sa
from alembic import op

revision = 'declared_visits'
down_revision = 'edition_changes'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('declared_visit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('departement_code', sa.String(length=3), nullable=False),
    sa.Column('class_name', sa.String(length=60), nullable=False),
    sa.Column('level_code', sa.String(length=20), nullable=False),
    sa.Column('pupils', sa.Integer(), nullable=False),
    sa.Column('company_id', sa.Integer(), nullable=True),
    sa.Column('company_name', sa.String(length=120), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('visited_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('present_pupils', sa.Integer(), nullable=True),
    sa.Column('present_adults', sa.Integer(), nullable=True),
    sa.Column('is_apart', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('actor', sa.String(length=40), nullable=False),
    sa.Column('declared_by_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by_id', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('confirmed', 'attended', 'cancelled')", name=op.f('ck_declared_visit_state_of_a_declaration')),
    sa.CheckConstraint('pupils >= 1 AND pupils <= 200', name=op.f('ck_declared_visit_pupils_plausible')),
    sa.CheckConstraint('present_pupils >= 1 AND present_pupils <= 200', name=op.f('ck_declared_visit_present_pupils_plausible')),
    sa.CheckConstraint('present_adults >= 0 AND present_adults <= 40', name=op.f('ck_declared_visit_present_adults_plausible')),
    sa.CheckConstraint("state <> 'attended' OR present_pupils IS NOT NULL", name=op.f('ck_declared_visit_counted_when_attended')),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_declared_visit_edition_id')),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_declared_visit_school_id')),
    sa.ForeignKeyConstraint(['departement_code'], ['departement.code'], name=op.f('fk_declared_visit_departement_code')),
    sa.ForeignKeyConstraint(['company_id'], ['company.id'], name=op.f('fk_declared_visit_company_id')),
    sa.ForeignKeyConstraint(['declared_by_id'], ['person.id'], name=op.f('fk_declared_visit_declared_by_id')),
    sa.ForeignKeyConstraint(['updated_by_id'], ['person.id'], name=op.f('fk_declared_visit_updated_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declared_visit')),
    sa.UniqueConstraint('declared_by_id', 'key', name=op.f('uq_declared_visit_declared_by_id_key'))
    )
    with op.batch_alter_table('declared_visit', schema=None) as batch_op:
        batch_op.create_index('ix_declared_visit_school_day', ['school_id', 'visited_on'], unique=False)
        batch_op.create_index('ix_declared_visit_edition', ['edition_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_declared_visit_departement_code'), ['departement_code'], unique=False)
        batch_op.create_index(batch_op.f('ix_declared_visit_company_id'), ['company_id'], unique=False)
    op.create_index('ix_booking_declared', 'booking', ['edition_id'], unique=False,
                    sqlite_where=sa.text("origin = 'declared'"), postgresql_where=sa.text("origin = 'declared'"))


def downgrade():
    op.drop_index('ix_booking_declared', table_name='booking')
    op.drop_table('declared_visit')
