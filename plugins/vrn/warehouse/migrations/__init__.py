"""The migrations of schema ops, run by Alembic as the owner."""
