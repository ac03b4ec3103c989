"""Fault campaigns: what the wire, the vendors and the machine can do to a delivery, and what is there afterwards.

`make faults` runs the big one. `subject` says what a campaign needs of whoever is put to the test.
"""
