"""The library of the outcomes warehouse, in rooms: README.md lists them in the order in which a delivery walks."""
