"""Carries invoices, bills and payments between business systems, exactly once and to the cent."""
