"""Pages over the ledger, inside Airflow's UI: the first rooms of the Invoice Portal.

They show what the ledger knows and pass on what a person decides. They never write to a vendor: what is to be done
is done by the flow's own tasks, which a page triggers or clears through Airflow's API, as the person who is logged in.
"""
