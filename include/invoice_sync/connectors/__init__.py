"""How each vendor is spoken to: client (wire), mapping (pure), connector (Source / Destination)."""
