"""The database itself: connections by role, names of roles and schemas, migrations of ops.

In: settings. Out: open connections and the schema ops. Never: a decision about a delivery.
"""
