"""`python -m invoice_sync.connect`: a person agrees in the browser, and a company is connected (again).

asking.py does it, callback.py waits for the browser, __main__.py is the command line.
"""
