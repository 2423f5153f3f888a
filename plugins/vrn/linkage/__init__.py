"""Who is the same person across services, found without a name: keyed match codes, and the links made from them."""
