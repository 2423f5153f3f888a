"""The readers: CSV, workbooks, zips and XML as batches of text."""
