"""Invoices between business systems: one DAG for every flow of kind `invoice` in include/flows.yaml."""

from airflow.sdk import DAG

from invoice_sync.orchestration.flows import installed_flows
from invoice_sync.orchestration.tasks import dag_settings, step

for flow in installed_flows("invoice"):
    with DAG(**dag_settings(flow)):
        check = step(flow, "check")
        extract = step(flow, "extract")
        match = [step(flow, "match_customers"), step(flow, "match_products")]
        plan = step(flow, "plan")
        add = [step(flow, "add_customers"), step(flow, "add_products")]
        export = step(flow, "export")
        acknowledge = step(flow, "acknowledge")
        report = step(flow, "report")

        check >> extract >> match >> plan >> add >> export >> acknowledge >> report
        [check, extract, *match, plan, *add, export] >> report
