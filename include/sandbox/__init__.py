"""Stand-ins for the vendors that Invoice Sync talks to; shares no code with invoice_sync."""
