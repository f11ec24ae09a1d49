"""the day: what each side wrote down, and plausible counts of who came

Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = 'the_day'
down_revision = '0004'
branch_labels = None
depends_on = None

COUNTS = {
    'present_pupils_plausible': 'present_pupils >= 1 AND present_pupils <= 200',
    'present_adults_plausible': 'present_adults >= 0 AND present_adults <= 40',
    'present_girls_plausible': 'present_girls >= 0 AND present_girls <= present_pupils',
    'present_when_attended': "present_pupils IS NULL OR state = 'attended'",
}


def upgrade():
    op.create_table('visit_record',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('actor', sa.String(length=40), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.Column('pupils', sa.Integer(), nullable=True),
    sa.Column('adults', sa.Integer(), nullable=True),
    sa.Column('girls', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('stands', sa.Boolean(), nullable=False),
    sa.Column('is_late', sa.Boolean(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("outcome IN ('attended', 'missed', 'excused')", name=op.f('ck_visit_record_outcome_of_a_day')),
    sa.CheckConstraint("(outcome = 'attended' AND pupils IS NOT NULL AND adults IS NOT NULL) OR (outcome <> 'attended' AND pupils IS NULL AND adults IS NULL AND girls IS NULL)", name=op.f('ck_visit_record_counts_when_attended')),
    sa.CheckConstraint('pupils >= 1 AND pupils <= 200', name=op.f('ck_visit_record_pupils_plausible')),
    sa.CheckConstraint('adults >= 0 AND adults <= 40', name=op.f('ck_visit_record_adults_plausible')),
    sa.CheckConstraint('girls >= 0 AND girls <= pupils', name=op.f('ck_visit_record_girls_plausible')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_visit_record_booking_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_visit_record_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_record')),
    sa.UniqueConstraint('booking_id', 'key', name=op.f('uq_visit_record_booking_id_key'))
    )
    with op.batch_alter_table('visit_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_visit_record_booking_id'), ['booking_id'], unique=False)

    # SQLite copies the table, and the copy has only the checks that are named here: those that stand, and the new ones.
    with op.batch_alter_table('booking', schema=None, table_args=_standing_checks('booking')) as batch_op:
        for name, words in COUNTS.items():
            batch_op.create_check_constraint(op.f(f'ck_booking_{name}'), words)


def downgrade():
    kept = [check for check in _standing_checks('booking') if check.name.removeprefix('ck_booking_') not in COUNTS]
    with op.batch_alter_table('booking', schema=None, table_args=kept, recreate='auto') as batch_op:
        if op.get_bind().dialect.name == 'postgresql':
            for name in COUNTS:
                batch_op.drop_constraint(op.f(f'ck_booking_{name}'), type_='check')
        else:
            batch_op.alter_column('pupils', existing_type=sa.Integer(), existing_nullable=False)

    with op.batch_alter_table('visit_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_visit_record_booking_id'))

    op.drop_table('visit_record')


def _standing_checks(table):
    bind = op.get_bind()
    if bind.dialect.name == 'postgresql':
        return []
    checks = sa.inspect(bind).get_check_constraints(table)
    return [sa.CheckConstraint(check['sqltext'], name=op.f(check['name'])) for check in checks]
