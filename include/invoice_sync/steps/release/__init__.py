"""The steps of a release flow: Create Shipment, Confirm Shipment, Prepare Invoice, Release; one file a task."""
