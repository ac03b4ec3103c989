"""What a person reads in Airflow beside a DAG or a task: what it does, and what to do when it is red."""

from __future__ import annotations

from invoice_sync.model.flow import Flow

STEPS = {
    "check": "Both systems answer, are the right companies, and have the fields, accounts and settings that the flow "
    "needs. **Red:** the log lists what is missing. Mend it, clear *check* with downstream. Until then nothing runs.",
    "extract": "New and changed documents of the source go into the ledger. **Red:** the source did not answer; clear.",
    "match_customers": "Finds each customer in the destination by exact rules. **Red:** the table in the log says "
    "which customers are unclear, why, and which are similar. Correct them at the source or say who they are "
    "(`python -m invoice_sync decide`), clear this task with downstream.",
    "match_products": "Finds each product in the destination by exact rules. **Red:** as match_customers.",
    "plan": "Freezes every intended write and predicts refusals. Its log is the preview. **Red:** the table says which "
    "documents cannot go as they are. Correct them, clear this task with downstream.",
    "add_customers": "Adds customers that planned invoices need. **Red:** the table says which were refused.",
    "add_products": "Adds products that planned invoices need. **Red:** the table says which were refused.",
    "export": "Sends invoices and credit memos, and changes to delivered ones where the flow follows them. "
    "**Up for reschedule:** an answer was lost; it looks up by itself what became of it. "
    "**Red:** the table says which documents were refused. Correct them, clear this task with downstream.",
    "acknowledge": "Tells the source what was delivered, which ids customers and products got, and why documents "
    "wait. **Red:** the table says which records could not be changed.",
    "select_orders": "Which orders, and what would happen to each: its log is the preview, in the columns of the "
    "shipment screen. **Red:** an order is unknown; correct the form.",
    "create_shipment": "Makes a shipment for what is open on each order. **Red:** the table says which order cannot be "
    "shipped and why (on hold, no stock, credit hold). Correct it in the ERP, clear this task with downstream.",
    "confirm_shipment": "Confirms the shipments. **Red:** the table says which one is refused. Correct it, clear.",
    "prepare_invoice": "Makes the invoice of each confirmed shipment. **Red:** as Confirm Shipment.",
    "release": "Releases the invoices; that sets off the sync to the store. **Red:** the table says which one is "
    "refused, such as into a closed period. Correct it in the ERP, clear this task with downstream.",
    "report": "Reads the delivered documents again and proves the totals. **Red:** something waits for a person, or "
    "the two systems disagree; the log names the documents and the task to clear.",
}


def step_runbook(name: str) -> str:
    return STEPS[name]


def flow_runbook(flow: Flow) -> str:
    """The runbook of a DAG, in Markdown."""
    return _release_runbook(flow) if flow.kind == "release" else _invoice_runbook(flow)


def _release_runbook(flow: Flow) -> str:
    return f"""
### {flow.title}: from order to released invoice in {flow.source.vendor}, company {flow.company}

Create Shipment, Confirm Shipment, Prepare Invoice, Release, for the orders that you name or that the flow's saved
filter finds. Nothing is shipped or invoiced twice: every step reads the state first, and writes only what is not so.

**Run it:** press *Trigger* and name the orders, one a line. *Dry run* lists what would happen and writes nothing.

**When a task is red:** its log's table says which order, what is wrong and what to do. Correct it in the ERP, then
*Clear* the red task with *downstream*. The other orders went on.

**Stopping:** marking a task failed stops the waiting, not what the ERP has begun: the outcome is recorded as unknown,
and the next start looks before it does anything.

**Settings:** `include/flows.yaml`, flow `{flow.name}`. Connection `{flow.source.connection}`.
"""


def _invoice_runbook(flow: Flow) -> str:
    return f"""
### {flow.title}: {flow.source.vendor} to {flow.destination.vendor}, company {flow.company}

Every approved {flow.kind} that was not transferred yet reaches {flow.destination.vendor} exactly once and to the cent.

**Run it:** press *Trigger*. *Dry run* shows the plan and writes nothing.

**When a task is red:** open its log. The table at the end says which document, which customer, what amount, what is
wrong and what to do. Correct the data at its source, then *Clear* the red task with *downstream*. Only what was not
done is done; nothing is sent twice. Clearing too much does no harm.

**When a task is up for reschedule:** an answer was lost, or the other side asked to wait. It comes back by itself.

**When report alone is red:** its last lines name the document that differs, or the task to clear.

**Settings:** `include/flows.yaml`, flow `{flow.name}`. Connections `{flow.source.connection}` and
`{flow.destination.connection}`. Told back to the source: `{flow.write_back}`.
"""
