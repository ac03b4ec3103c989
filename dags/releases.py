"""From order to released invoice: one DAG for every flow of kind `release` in include/flows.yaml."""

from airflow.sdk import DAG

from invoice_sync.orchestration.flows import installed_flows
from invoice_sync.orchestration.tasks import dag_settings, step

for flow in installed_flows("release"):
    with DAG(**dag_settings(flow)):
        check = step(flow, "check")
        orders = step(flow, "select_orders")
        ship = step(flow, "create_shipment")
        confirm = step(flow, "confirm_shipment")
        prepare = step(flow, "prepare_invoice")
        release = step(flow, "release")
        report = step(flow, "report")

        check >> orders >> ship >> confirm >> prepare >> release >> report
        [check, orders, ship, confirm, prepare] >> report
