"""What a test asks a home's warehouse."""

from __future__ import annotations

import pandas as pd
import psycopg

from vrn.settings import Settings


class Answers:
    """A home that answers queries as a role."""

    def __init__(self, settings: Settings):
        self.settings = settings

    def rows(self, query: str, *arguments: object, role: str = "vrn_owner") -> list[tuple]:
        with psycopg.connect(self.settings.conninfo(role)) as connection:
            return connection.execute(query, arguments).fetchall()

    def frame(self, query: str, *arguments: object) -> pd.DataFrame:
        with psycopg.connect(self.settings.conninfo("vrn_owner")) as connection:
            cursor = connection.execute(query, arguments)
            return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])
