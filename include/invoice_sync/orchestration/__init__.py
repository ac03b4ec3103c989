"""The code that knows Airflow: flows.yaml, the tasks of the chain, connections, retries."""
