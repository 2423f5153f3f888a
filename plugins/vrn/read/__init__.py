"""Readers: a file in a partner's format becomes batches of text columns with row numbers."""
