"""Transports: where deliveries come from. A folder today; each further one is a module beside it."""
