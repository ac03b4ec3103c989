"""Each test of this folder runs on both databases."""

from both_databases import ledger_kind, pytest_generate_tests

__all__ = ["ledger_kind", "pytest_generate_tests"]
