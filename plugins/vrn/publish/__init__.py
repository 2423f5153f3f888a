"""Step 6, what is published: releases that do not change, disclosure control, exports.

In: marts and the deliveries they rest on. Out: ops.release and its figures, the exports' files. Never: a figure that disclosure
control has not judged.
"""
