"""A stand-in for QuickBooks Online's Accounting API v3 and its OAuth 2.0 token service."""

from sandbox.quickbooks.app import QuickBooks

__all__ = ["QuickBooks"]
