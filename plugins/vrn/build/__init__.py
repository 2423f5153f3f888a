"""Step 5, the build of the outcomes: dbt layer by layer, the linkage of persons, and the swap of publish's tables.

In: raw, match codes and the ledger. Out: staging, persons, intermediate, indicators, marts, publish. Never: a file of a supplier.
"""
