"""authorisations of a school, and the coach of an outing

Revises: changes
"""

import sqlalchemy as sa
from alembic import op

revision = 'authorisations'
down_revision = 'changes'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.add_column(sa.Column('waits_for_head', sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.add_column(sa.Column('coach', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('coach_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('coach_leaves', sa.Time(), nullable=True))
    op.create_table('school_signer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_school_signer_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_school_signer')),
    sa.UniqueConstraint('school_id', 'role', name=op.f('uq_school_signer_school_id_role'))
    )
    op.create_table('authorisation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('asked_about', sa.JSON(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('speakers', sa.JSON(), nullable=False),
    sa.Column('speakers_show_identity', sa.Boolean(), nullable=False),
    sa.Column('speakers_erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_authorisation_booking_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_authorisation')),
    sa.UniqueConstraint('booking_id', name=op.f('uq_authorisation_booking_id'))
    )
    op.create_table('authorisation_signer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('authorisation_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('sent_to', sa.JSON(), nullable=False),
    sa.Column('last_sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sends', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=True),
    sa.Column('answer', sa.String(length=40), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_via', sa.String(length=40), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.Column('signed_by', sa.String(length=120), nullable=False),
    sa.Column('capacity', sa.String(length=40), nullable=True),
    sa.Column('paper_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.CheckConstraint("(answer = 'pending') = (answered_at IS NULL) AND (answer = 'pending') = (signed_by = '')", name=op.f('ck_authorisation_signer_answered_has_its_author')),
    sa.CheckConstraint("(answered_via = 'paper') = (paper_on IS NOT NULL) OR answered_via IS NULL", name=op.f('ck_authorisation_signer_paper_is_dated')),
    sa.CheckConstraint("answer <> 'no' OR reason IS NOT NULL", name=op.f('ck_authorisation_signer_refusal_has_its_reason')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['person.id'], name=op.f('fk_authorisation_signer_answered_by_id')),
    sa.ForeignKeyConstraint(['authorisation_id'], ['authorisation.id'], name=op.f('fk_authorisation_signer_authorisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_authorisation_signer')),
    sa.UniqueConstraint('authorisation_id', 'role', name=op.f('uq_authorisation_signer_authorisation_id_role')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_authorisation_signer_code_hash'))
    )
    with op.batch_alter_table('authorisation_signer', schema=None) as batch_op:
        batch_op.create_index('ix_authorisation_signer_waiting', ['answer', 'last_sent_at'], unique=False)
    op.create_table('code_attempts',
    sa.Column('client', sa.String(length=64), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('wrong', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('client', 'since', name=op.f('pk_code_attempts'))
    )


def downgrade():
    op.drop_table('code_attempts')
    with op.batch_alter_table('authorisation_signer', schema=None) as batch_op:
        batch_op.drop_index('ix_authorisation_signer_waiting')
    op.drop_table('authorisation_signer')
    op.drop_table('authorisation')
    op.drop_table('school_signer')
    # Dropped in place: SQLite would otherwise copy the tables, and their checks would be lost on the way.
    for column in ('coach_leaves', 'coach_on', 'coach'):
        op.drop_column('booking', column)
    op.drop_column('activity', 'waits_for_head')
