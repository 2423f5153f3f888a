"""Synthetic deliveries, made from the feed files: no real row is in them, and their names say so."""
