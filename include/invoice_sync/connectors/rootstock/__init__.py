"""Rootstock ERP on Salesforce."""
