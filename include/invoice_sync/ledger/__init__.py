"""The memory of the house: what was seen, what is intended, what was tried, what it became."""
