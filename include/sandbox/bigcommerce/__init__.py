"""A stand-in for BigCommerce's core API (V2, V3) and for B2B Edition's V3 with Invoice Management."""

from sandbox.bigcommerce.app import BigCommerce

__all__ = ["BigCommerce"]
