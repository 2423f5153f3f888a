"""Step 7, tell people: the site, pages of indicators, suppliers' messages, run notes, alerts, the headline table.

In: what was published, what is in marts for those who may see it, and the ledger. Out: pages and sentences. Never: a value of a
person, or a figure that this room computed by a formula of its own.
"""
