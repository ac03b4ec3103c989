"""Sandbox and Airflow on one machine: what `make run`, `make demo` and the tests of a whole run stand on.

Nothing is imported here: the guard process imports this package and must stay small.
"""
