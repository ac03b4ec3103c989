"""Keeps sign-ins alive: one task for every company at a vendor whose sign-in ends unless it is used."""

from airflow.sdk import DAG

from invoice_sync.orchestration.flows import renewable
from invoice_sync.orchestration.upkeep import keep_alive, upkeep_settings

with DAG(**upkeep_settings()):
    for flow, side in renewable():
        keep_alive(flow, side)
