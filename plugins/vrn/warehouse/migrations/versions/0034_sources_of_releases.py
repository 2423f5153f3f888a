"""Each release keeps whose data it is made of, so that its data package says the same whenever it is written."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"

SOURCES = {"feed": "feed, feed_name, is_open", "feed_supplier": "feed, supplier, supplier_name"}
# Releases of before have the names and licences of the day of the upgrade.
KEEP = """
    insert into ops.frozen_row (relation, content, content_hash, since_release)
    select '{relation}', to_jsonb(live), sha256(convert_to(to_jsonb(live)::text, 'UTF8')), release.release_number
    from (select {columns} from ops.{relation}) as live
    inner join (select min(release_number) as release_number from ops.release) as release on release.release_number is not null
    where not exists (select from ops.frozen_row where relation = '{relation}')
"""


def upgrade() -> None:
    for relation, columns in SOURCES.items():
        op.execute(KEEP.format(relation=relation, columns=columns))


def downgrade() -> None:
    # What a release kept stays: an earlier version of the house does not read it.
    pass
