"""Event tables for evaluation projects: pseudonyms of their own, under agreements that cite the project's purpose.

In: the register of projects, agreements, marts. Out: a schema and a role for each project. Never: a row that no agreement lets
the project see, or a pseudonym that meets another project's.

Each project of the register has a schema `project_<name>` and a role `vrn_evaluator_<name>`, which reads it and what dashboards
read. Whatever ends (the project, an agreement) is taken away by the next run, and is hidden after its last day even without one.
"""
