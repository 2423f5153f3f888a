"""What may come: each feed file as a contract, dated by period.

In: expectations/<feed>.odcs.yaml. Out: contracts, periods, the templates of returns, dbt's sources, what a DAG shows.
Never: a look at a delivery, the ledger or the database.
"""
