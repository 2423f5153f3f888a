"""Who is the same person across services: records, pairs, decisions, groups."""
