"""How a database of an earlier revision becomes one of this version."""
