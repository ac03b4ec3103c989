"""QuickBooks Online (Accounting API v3) as a destination: customers, items and sales invoices.

client.py speaks the wire, sign_in.py keeps the tokens, query.py writes queries, faults.py reads refusals and
wording.py says them in a bookkeeper's words; mapping.py, invoices.py and preflight.py are pure; connector.py
is what the floors above hold.
"""
