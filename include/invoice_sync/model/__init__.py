"""What the house talks about: documents, parties, money. Frozen, exact, and knowing nobody."""
