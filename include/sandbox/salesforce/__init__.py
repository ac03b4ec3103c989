"""Salesforce with the Rootstock package: sign-in, REST data API, SOQL, collections."""

from sandbox.salesforce.app import Salesforce

__all__ = ["Salesforce"]
