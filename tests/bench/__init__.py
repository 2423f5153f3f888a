"""`make bench`: what the house costs, in one table and as JSON in the home. It needs what `make
run` installs, and no pytest.

Each part is a module with a function `measure(plan)` that gives its figures, as they come, and what
it leaves out (table.py); parts.py lists them. Each part makes a server or a home of its own under a
temporary folder, so that the home of this folder is not touched but for the JSON.
"""
