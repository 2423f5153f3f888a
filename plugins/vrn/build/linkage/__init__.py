"""Who is the same person across services: `persons` reads what serves and keeps the links, `match` decides them."""
