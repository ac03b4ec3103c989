"""Acumatica ERP over its contract-based REST API."""
