"""Who may see what: roles and their rights, secrets, certificates, the audit of reads.

In: the registers of partners and roles, the server's log. Out: grants, row security, keys, ops.read_log.
Never: a secret in a log or a statement's text.
"""
