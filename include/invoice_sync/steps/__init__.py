"""The chain, one file a task: check, extract, match, plan, add, export, acknowledge, report.

Every step is a function of a `StepContext` that returns counts; `invoice_sync.steps.chain` knows their order.
"""
