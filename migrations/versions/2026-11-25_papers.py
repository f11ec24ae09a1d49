"""papers: versions as they were made, what schools type for them, lines of law

Revises: feedback
"""

import sqlalchemy as sa
from alembic import op

revision = 'papers'
down_revision = 'feedback'
branch_labels = None
depends_on = None


def upgrade():

    op.create_table('legal_rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('effective_from', sa.Date(), nullable=False),
    sa.Column('sentence', sa.Text(), nullable=False),
    sa.Column('citation', sa.String(length=300), nullable=False),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('value', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_legal_rule_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_rule'))
    )
    with op.batch_alter_table('legal_rule', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_legal_rule_key'), ['key'], unique=False)

    op.create_table('school_terms',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('clauses', sa.Text(), nullable=False),
    sa.Column('insurance', sa.String(length=300), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_school_terms_school_id')),
    sa.ForeignKeyConstraint(['updated_by_id'], ['person.id'], name=op.f('fk_school_terms_updated_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_school_terms')),
    sa.UniqueConstraint('school_id', name=op.f('uq_school_terms_school_id'))
    )
    op.create_table('outing_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=False),
    sa.Column('aims', sa.Text(), nullable=False),
    sa.Column('nature', sa.String(length=40), nullable=False),
    sa.Column('transport', sa.String(length=300), nullable=False),
    sa.Column('meals', sa.String(length=300), nullable=False),
    sa.Column('costs', sa.String(length=300), nullable=False),
    sa.Column('insurance_school', sa.String(length=300), nullable=False),
    sa.Column('insurance_company', sa.String(length=300), nullable=False),
    sa.Column('board_number', sa.String(length=40), nullable=False),
    sa.Column('board_on', sa.Date(), nullable=True),
    sa.Column('clauses', sa.Text(), nullable=False),
    sa.Column('names_sent_on', sa.Date(), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_outing_file_booking_id')),
    sa.ForeignKeyConstraint(['updated_by_id'], ['person.id'], name=op.f('fk_outing_file_updated_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outing_file')),
    sa.UniqueConstraint('booking_id', name=op.f('uq_outing_file_booking_id'))
    )
    op.create_table('paper',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=True),
    sa.Column('slot_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('facts_hash', sa.String(length=64), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('(booking_id IS NULL) <> (slot_id IS NULL)', name=op.f('ck_paper_of_one_thing')),
    sa.CheckConstraint('version > 0', name=op.f('ck_paper_version_positive')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_paper_booking_id')),
    sa.ForeignKeyConstraint(['made_by_id'], ['person.id'], name=op.f('fk_paper_made_by_id')),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_paper_slot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper')),
    sa.UniqueConstraint('booking_id', 'kind', 'version', name=op.f('uq_paper_booking_id_kind_version')),
    sa.UniqueConstraint('code', name=op.f('uq_paper_code')),
    sa.UniqueConstraint('slot_id', 'kind', 'version', name=op.f('uq_paper_slot_id_kind_version'))
    )



def downgrade():

    op.drop_table('paper')
    op.drop_table('outing_file')
    op.drop_table('school_terms')
    with op.batch_alter_table('legal_rule', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_legal_rule_key'))

    op.drop_table('legal_rule')

