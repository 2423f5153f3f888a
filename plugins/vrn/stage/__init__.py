"""Step 2, from a sealed original to a protected table: readers, types, protection, COPY.

In: a sealed original and its contract. Out: tables of the submission's own in raw and linkage. Never: an identifier, a name or
a date of birth in the database, a log or an exception.
"""
