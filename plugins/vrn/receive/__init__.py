"""Step 1, from a supplier to a sealed original: folders, SFTP, HTTP, names, duplicates, sealing.

In: files of the inbox and of suppliers' servers. Out: a row of the ledger and a sealed original for each delivery.
Never: a row of a delivery in the database, or an original in clear outside the inbox.
"""
