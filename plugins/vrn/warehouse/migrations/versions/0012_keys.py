"""By what a key in use is known again, and which originals no key opens any more."""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    """
    create table ops.key_fingerprint (
        name text primary key,
        fingerprint text not null,
        since timestamptz not null default now()
    )
    """,
    "comment on table ops.key_fingerprint is 'One row per key on which kept data rest. A start with another key stops.'",
    "comment on column ops.key_fingerprint.fingerprint is 'HMAC-SHA256 made with the key: it shows that a key is the same, and "
    "nothing of it. unknown: the key was missing when fingerprints were first taken.'",
    """
    create table ops.lost_original (
        submission_id bigint primary key references ops.submission on delete cascade,
        key_name text not null,
        lost_at timestamptz not null default now()
    )
    """,
    "comment on table ops.lost_original is 'One row per submission whose sealed original no key opens any more.'",
    "comment on column ops.lost_original.key_name is 'The key that was said to be lost (make rotate-key).'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table ops.lost_original, ops.key_fingerprint")
