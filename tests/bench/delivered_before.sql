-- :rows delivered invoices, as a year of nights would leave them (see night.py)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)
INSERT INTO inbox (company, source_vendor, entity, source_id, version, stamp, content_hash, content, seen_at)
SELECT 'acme', 'rootstock', 'invoice', printf('a6Y9z%010dAAA', i), 1, '2026-10-01T00:00:00.000+0000/3', printf('%064x', i), '{}', '2026-10-01 00:00:00.000000' FROM n;

WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)
INSERT INTO document (
    flow, company, source_vendor, entity, source_id, inbox_id, version, stamp, content_hash, state, number, party,
    amount_minor, currency, step, cause, reason, cure, vendor_code, trace_id, blocked_on, needs, withdrawn, since)
SELECT 'rootstock_to_quickbooks', 'acme', 'rootstock', 'invoice', printf('a6Y9z%010dAAA', i), 1, 1, '2026-10-01T00:00:00.000+0000/3', printf('%064x', i), 'settled',
    printf('N%09d', i), 'C-1', 1000, 'USD', '', '', '', '', '', '', '', '[]', '', '2026-10-01 00:00:00.000000' FROM n;

WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)
INSERT INTO intent (
    flow, company, source_vendor, entity, source_id, target_vendor, op, version, revision, document_id, state, number,
    amount_minor, currency, body, body_hash, wire_body, epoch, attempts, misses, created_at, done_at)
SELECT 'rootstock_to_quickbooks', 'acme', 'rootstock', 'invoice', printf('a6Y9z%010dAAA', i), 'quickbooks', 'create', 1, 1,
    (SELECT id FROM document WHERE flow = 'rootstock_to_quickbooks' AND entity = 'invoice' AND source_id = printf('a6Y9z%010dAAA', i)),
    'done', printf('N%09d', i), 1000, 'USD', '{}', '', '{}', 1, 1, 0, '2026-10-01 00:00:00.000000', '2026-10-01 00:00:00.000000' FROM n;

WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)
INSERT INTO xref (
    company, source_vendor, entity, source_id, target_vendor, remote_id, remote_version, remote_number, rule, evidence,
    linked_by, linked_at)
SELECT 'acme', 'rootstock', 'invoice', printf('a6Y9z%010dAAA', i), 'quickbooks', 'R' || i, '0', printf('N%09d', i), 'created by us', '',
    'delivery', '2026-10-01 00:00:00.000000' FROM n
;

INSERT INTO attempt (
    intent_id, n, epoch, armed_at, quiet_until, ended_at, verdict, status, trace_id, remote_id, dag_id, run_id, task_id,
    map_index, try_number)
SELECT id, 1, 1, created_at, created_at, done_at, 'ok', 200, '1-0', 'R', flow, 'a night of the past', 'export', -1, 1
FROM intent WHERE source_id GLOB 'a6Y9z??????????AAA' AND id > (SELECT coalesce(max(intent_id), 0) FROM attempt);

INSERT INTO process_log (
    level, action_type, message, endpoint_url, description, login_user, log_date, log_time, company, flow, dag_id,
    run_id, task_id, map_index, try_number, document_id)
SELECT 'INFO', 'Invoice Export', '{}', 'quickbooks', 'Invoice is created successfully.', '', '2026-10-01', '02:00:00',
    company, flow, flow, 'a night of the past', 'export', -1, 1, document_id
FROM intent WHERE source_id GLOB 'a6Y9z??????????AAA'
