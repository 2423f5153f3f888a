"""Made-up deliveries for trying things and for tests, in the form that each feed file asks for.

In: feed files. Out: files for the inbox, whose names say that they are synthetic. Never: a row, a name or a number of a real
person.
"""
