"""A stand-in for Acumatica ERP: its contract-based REST API, sign-in, limits, actions and push notifications."""

from sandbox.acumatica.app import Acumatica

__all__ = ["Acumatica"]
