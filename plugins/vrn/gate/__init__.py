"""Step 3, the verdict: Great Expectations by the rules of the feed file, and what the feed's own history says.

In: a staged table. Out: passed, held or refused, with the rows that each rule names; Data Docs, which decide nothing.
Never: a change of the staged rows.
"""
