"""QuickBooks Online (Accounting API v3) as a destination: customers, items and sales invoices.

connector.py is what the floors above hold. client.py speaks the wire, sign_in.py keeps the tokens, query.py
writes queries. Pure: mapping.py, invoices.py and preflight.py for what we send, company.py for what `check` and
the profile need, outcomes.py and faults.py for what came back, wording.py for saying it to a bookkeeper.
"""
