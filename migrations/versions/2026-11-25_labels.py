"""the official label, its criteria and its history; the rules of an edition

Revises: school_contacts
"""

import sqlalchemy as sa
from alembic import op

revision = 'labels'
down_revision = 'school_contacts'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('edition', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rules', sa.Text(), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column('labelling_enabled', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('label_needs_both', sa.Boolean(), server_default=sa.false(), nullable=False))
    numbered = sa.text("label_number <> ''")
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.create_index('uq_activity_label_number', ['edition_id', 'label_number'], unique=True, sqlite_where=numbered, postgresql_where=numbered)
    op.create_table('label_criterion',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('edition_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('wording', sa.String(length=200), nullable=False),
    sa.Column('wording_en', sa.String(length=200), nullable=False),
    sa.Column('fact', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_label_criterion_edition_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_label_criterion'))
    )
    with op.batch_alter_table('label_criterion', schema=None) as batch_op:
        batch_op.create_index('ix_label_criterion_edition', ['edition_id', 'position'], unique=False)
    op.create_table('label_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=40), nullable=True),
    sa.Column('favourable', sa.Boolean(), nullable=True),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('declared', sa.JSON(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('url', sa.String(length=300), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind <> 'granted' OR number <> ''", name=op.f('ck_label_step_grant_numbered')),
    sa.CheckConstraint("kind <> 'opinion' OR (favourable IS NOT NULL AND side IS NOT NULL)", name=op.f('ck_label_step_opinion_says')),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_label_step_activity_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_label_step_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_label_step'))
    )
    with op.batch_alter_table('label_step', schema=None) as batch_op:
        batch_op.create_index('ix_label_step_activity', ['activity_id', 'id'], unique=False)
        batch_op.create_index('ix_label_step_person', ['person_id'], unique=False)
        for name, which in (
            ('uq_label_step_asked', "kind = 'asked'"),
            ('uq_label_step_answer', "kind IN ('granted', 'returned', 'recalled')"),
        ):
            batch_op.create_index(name, ['activity_id', 'round'], unique=True, sqlite_where=sa.text(which), postgresql_where=sa.text(which))


def downgrade():
    op.drop_table('label_step')
    op.drop_table('label_criterion')
    op.drop_index('uq_activity_label_number', table_name='activity')
    # Dropped in place: SQLite would otherwise copy the table, and its checks would be lost on the way.
    for column in ('label_needs_both', 'labelling_enabled', 'rules'):
        op.drop_column('edition', column)
