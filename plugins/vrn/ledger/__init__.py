"""What came and how far it is: the states of a delivery, the allowed moves, and the agreements that let it in.

In: what the steps say of a submission. Out: rows of ops.submission, ops.submission_move and ops.message, of which this room is
the only writer. Never: a delivery's bytes or rows.
"""
