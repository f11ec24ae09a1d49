"""allocation rounds

Revises: proposed_sites
"""

import sqlalchemy as sa
from alembic import op

revision = 'allocation_rounds'
down_revision = 'proposed_sites'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('allocation_round',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('territory', sa.String(length=160), nullable=False),
    sa.Column('departements', sa.JSON(), nullable=True),
    sa.Column('kinds', sa.JSON(), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.Column('deadline_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('most_wishes', sa.Integer(), nullable=False),
    sa.Column('per_class', sa.Integer(), nullable=False),
    sa.Column('per_school', sa.Integer(), nullable=True),
    sa.Column('weights', sa.JSON(), nullable=False),
    sa.Column('complaint_days', sa.Integer(), nullable=False),
    sa.Column('seed', sa.String(length=64), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('complaints_until', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state IN ('applied', 'published', 'settled')) = (applied_at IS NOT NULL)", name=op.f('ck_allocation_round_applied_when')),
    sa.CheckConstraint('complaint_days BETWEEN 1 AND 30', name=op.f('ck_allocation_round_complaint_days_plausible')),
    sa.CheckConstraint('last_on >= first_on', name=op.f('ck_allocation_round_dates_in_order')),
    sa.CheckConstraint('most_wishes BETWEEN 1 AND 10', name=op.f('ck_allocation_round_most_wishes_plausible')),
    sa.CheckConstraint('per_class BETWEEN 1 AND 5', name=op.f('ck_allocation_round_per_class_plausible')),
    sa.CheckConstraint('per_school IS NULL OR per_school BETWEEN 1 AND 50', name=op.f('ck_allocation_round_per_school_plausible')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_allocation_round_created_by_id')),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_allocation_round_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allocation_round'))
    )
    with op.batch_alter_table('allocation_round', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_allocation_round_edition_id'), ['edition_id'], unique=False)
        batch_op.create_index('ix_allocation_round_state', ['state', 'deadline_at'], unique=False)

    op.create_table('allocation_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('inputs', sa.JSON(), nullable=False),
    sa.Column('inputs_digest', sa.String(length=64), nullable=False),
    sa.Column('is_whole', sa.Boolean(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=True),
    sa.Column('result_digest', sa.String(length=64), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_allocation_run_asked_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['allocation_round.id'], name=op.f('fk_allocation_run_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allocation_run'))
    )
    with op.batch_alter_table('allocation_run', schema=None) as batch_op:
        batch_op.create_index('ix_allocation_run_round', ['round_id'], unique=False)
        batch_op.create_index('uq_allocation_run_running', ['round_id'], unique=True, sqlite_where=sa.text('finished_at IS NULL'), postgresql_where=sa.text('finished_at IS NULL'))

    op.create_table('round_complaint',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['answered_by_id'], ['person.id'], name=op.f('fk_round_complaint_answered_by_id')),
    sa.ForeignKeyConstraint(['class_id'], ['school_class.id'], name=op.f('fk_round_complaint_class_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_round_complaint_person_id')),
    sa.ForeignKeyConstraint(['round_id'], ['allocation_round.id'], name=op.f('fk_round_complaint_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_round_complaint')),
    sa.UniqueConstraint('round_id', 'class_id', name=op.f('uq_round_complaint_round_id_class_id'))
    )
    op.create_table('round_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('class_id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['class_id'], ['school_class.id'], name=op.f('fk_round_entry_class_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_round_entry_person_id')),
    sa.ForeignKeyConstraint(['round_id'], ['allocation_round.id'], name=op.f('fk_round_entry_round_id')),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_round_entry_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_round_entry')),
    sa.UniqueConstraint('round_id', 'class_id', name=op.f('uq_round_entry_round_id_class_id'))
    )
    with op.batch_alter_table('round_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_round_entry_class_id'), ['class_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_round_entry_person_id'), ['person_id'], unique=False)

    op.create_table('round_slot',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('slot_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['allocation_round.id'], name=op.f('fk_round_slot_round_id')),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_round_slot_slot_id')),
    sa.PrimaryKeyConstraint('round_id', 'slot_id', name=op.f('pk_round_slot'))
    )
    with op.batch_alter_table('round_slot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_round_slot_slot_id'), ['slot_id'], unique=False)

    op.create_table('round_wish',
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('slot_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('rank BETWEEN 1 AND 10', name=op.f('ck_round_wish_rank_plausible')),
    sa.ForeignKeyConstraint(['entry_id'], ['round_entry.id'], name=op.f('fk_round_wish_entry_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_round_wish_slot_id')),
    sa.PrimaryKeyConstraint('entry_id', 'rank', name=op.f('pk_round_wish')),
    sa.UniqueConstraint('entry_id', 'slot_id', name=op.f('uq_round_wish_entry_id_slot_id'))
    )
    with op.batch_alter_table('round_wish', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_round_wish_slot_id'), ['slot_id'], unique=False)

    with op.batch_alter_table('slot', schema=None) as batch_op:
        batch_op.add_column(sa.Column('round_until', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table('slot', schema=None) as batch_op:
        batch_op.drop_column('round_until')

    with op.batch_alter_table('round_wish', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_round_wish_slot_id'))

    op.drop_table('round_wish')
    with op.batch_alter_table('round_slot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_round_slot_slot_id'))

    op.drop_table('round_slot')
    with op.batch_alter_table('round_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_round_entry_person_id'))
        batch_op.drop_index(batch_op.f('ix_round_entry_class_id'))

    op.drop_table('round_entry')
    op.drop_table('round_complaint')
    with op.batch_alter_table('allocation_run', schema=None) as batch_op:
        batch_op.drop_index('uq_allocation_run_running', sqlite_where=sa.text('finished_at IS NULL'), postgresql_where=sa.text('finished_at IS NULL'))
        batch_op.drop_index('ix_allocation_run_round')

    op.drop_table('allocation_run')
    with op.batch_alter_table('allocation_round', schema=None) as batch_op:
        batch_op.drop_index('ix_allocation_round_state')
        batch_op.drop_index(batch_op.f('ix_allocation_round_edition_id'))

    op.drop_table('allocation_round')
