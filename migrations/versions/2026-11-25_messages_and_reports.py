"""messages and reports

Revises: outing_suspensions
"""

import sqlalchemy as sa
from alembic import op

revision = 'messages_and_reports'
down_revision = 'outing_suspensions'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('question',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('asker_id', sa.Integer(), nullable=False),
    sa.Column('school_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('public_question', sa.Text(), nullable=False),
    sa.Column('public_answer', sa.Text(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(public_question = '') = (public_answer = '')", name=op.f('ck_question_both_or_neither')),
    sa.CheckConstraint("(published_at IS NULL) = (public_answer = '')", name=op.f('ck_question_published_has_answer')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_question_activity_id')),
    sa.ForeignKeyConstraint(['asker_id'], ['person.id'], name=op.f('fk_question_asker_id')),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_question_school_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question'))
    )
    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.create_index('ix_question_activity', ['activity_id', 'published_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_question_asker_id'), ['asker_id'], unique=False)

    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.Integer(), nullable=True),
    sa.Column('question_id', sa.Integer(), nullable=True),
    sa.Column('written_by', sa.String(length=40), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('hidden_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hidden_reason', sa.String(length=300), nullable=False),
    sa.CheckConstraint("(hidden_at IS NULL) = (hidden_reason = '')", name=op.f('ck_message_hidden_has_reason')),
    sa.CheckConstraint("written_by IN ('teacher', 'host')", name=op.f('ck_message_one_of_two_sides')),
    sa.CheckConstraint('(booking_id IS NULL) <> (question_id IS NULL)', name=op.f('ck_message_one_thread')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_message_booking_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_message_person_id')),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_message_question_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('booking_id', 'key', name=op.f('uq_message_booking_id_key')),
    sa.UniqueConstraint('question_id', 'key', name=op.f('uq_message_question_id_key'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_message_booking_id'), ['booking_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_message_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_message_question_id'), ['question_id'], unique=False)

    op.create_table('report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('ground', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('reporter_id', sa.Integer(), nullable=True),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('departement_code', sa.String(length=3), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decision', sa.String(length=40), nullable=True),
    sa.Column('decision_note', sa.String(length=300), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(decision IS NULL) = (decided_at IS NULL)', name=op.f('ck_report_decided_at_once')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_report_activity_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_report_decided_by_id')),
    sa.ForeignKeyConstraint(['departement_code'], ['departement.code'], name=op.f('fk_report_departement_code')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_report_message_id')),
    sa.ForeignKeyConstraint(['reporter_id'], ['person.id'], name=op.f('fk_report_reporter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report'))
    )
    with op.batch_alter_table('report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_report_activity_id'), ['activity_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_report_departement_code'), ['departement_code'], unique=False)
        batch_op.create_index(batch_op.f('ix_report_message_id'), ['message_id'], unique=False)
        batch_op.create_index('ix_report_queue', ['decision', 'created_at'], unique=False)
        batch_op.create_index('ix_report_source', ['source', 'created_at'], unique=False)



def downgrade():
    with op.batch_alter_table('report', schema=None) as batch_op:
        batch_op.drop_index('ix_report_source')
        batch_op.drop_index('ix_report_queue')
        batch_op.drop_index(batch_op.f('ix_report_message_id'))
        batch_op.drop_index(batch_op.f('ix_report_departement_code'))
        batch_op.drop_index(batch_op.f('ix_report_activity_id'))

    op.drop_table('report')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_message_question_id'))
        batch_op.drop_index(batch_op.f('ix_message_person_id'))
        batch_op.drop_index(batch_op.f('ix_message_booking_id'))

    op.drop_table('message')
    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_question_asker_id'))
        batch_op.drop_index('ix_question_activity')

    op.drop_table('question')
