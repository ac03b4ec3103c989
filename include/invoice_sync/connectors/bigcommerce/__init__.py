"""BigCommerce B2B Edition as a destination: invoices of an ERP show up in the buyer's portal of a store.

Facts come from the vendor's OpenAPI files (github.com/bigcommerce/docs, docs/b2b-edition) and from the buyer portal's
own code (github.com/bigcommerce/b2b-buyer-portal), which is what a buyer sees.
"""
