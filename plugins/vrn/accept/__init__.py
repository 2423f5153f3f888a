"""Step 4, what serves: accept, supersede, approve, withdraw, replay, and the retention of originals.

In: passed submissions and people's decisions. Out: partitions of raw, rows in quarantine. Never: a delivery without a verdict
`passed` or a person's approval.
"""
