"""A product's code is its institution's own: several have products of the same kind."""

from __future__ import annotations

from alembic import op

revision = "c27e5a90b1d4"
down_revision = "b7d2e94f10c6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE loan_product DROP CONSTRAINT uq_loan_product_code")
    op.execute(
        "ALTER TABLE loan_product ADD CONSTRAINT uq_loan_product_institution_id_code"
        " UNIQUE (institution_id, code)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE loan_product DROP CONSTRAINT uq_loan_product_institution_id_code")
    op.execute("ALTER TABLE loan_product ADD CONSTRAINT uq_loan_product_code UNIQUE (code)")
