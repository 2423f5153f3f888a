"""A release keeps what its figures were divided by, so that one can say of a figure that moved whether a population moved it."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"

COMMENTS = {
    "population_vintage": "The series of population estimates, or the census; NULL in releases made before this was kept.",
    "population_basis": "published, estimated, latest_there_is or census, as in marts.fct_indicator_value.",
}


def upgrade() -> None:
    for column, comment in COMMENTS.items():
        op.execute(f"alter table ops.release_value add column {column} text")
        op.execute(f"comment on column ops.release_value.{column} is '{comment}'")


def downgrade() -> None:
    for column in COMMENTS:
        op.execute(f"alter table ops.release_value drop column {column}")
