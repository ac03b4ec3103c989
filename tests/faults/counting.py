"""What the two sides say, counted: nothing may be there twice, be missing, or be another amount."""

from __future__ import annotations

from collections import Counter
from typing import Any

from faults.subject import LOST, Evidence

MUST_BE_ZERO = (
    "duplicates", "missing", "wrong_amount", "uncertain_left", "strangers", "not_told", "wrong_wire_keys", "broken",
    "double_shipments", "double_invoices", "wrong_quantity",
)  # fmt: skip
_LEAST = {"documents": 2000, "lost_answers": 100, "server_errors_after_commit": 40, "kills": 20}
AT_LEAST: dict[str, dict[str, int]] = {
    "rootstock_to_quickbooks": {**_LEAST, "airflow_kills": 5},
    "acumatica_to_bigcommerce": _LEAST,
    # an invoice, what is open of it and each payment count by themselves
    "acumatica_to_bigcommerce_payments": _LEAST | {"documents": 1200},
    "acumatica_release": {**_LEAST, "documents": 500},
}
"""By flow: per database, over all its rows. An order of the release flow is four writes and more."""

Row = dict[str, Any]


def counted(evidence: Evidence) -> Row:
    """The figures that speak of the documents."""
    there = Counter(number for number, _ in evidence.there)
    doubles = [there, Counter(evidence.records)]
    wrong = [number for number, amount in evidence.there if number in evidence.due and amount != evidence.due[number]]
    return {
        "documents": len(evidence.due),
        "write_calls": evidence.write_calls,
        "duplicates": sum(count - 1 for names in doubles for count in names.values()),
        "doubled": sorted(name for names in doubles for name, count in names.items() if count > 1),
        "missing": len(evidence.due.keys() - there.keys()),
        "wrong_amount": len(wrong),
        "uncertain_left": evidence.open,
        "strangers": len(there.keys() - evidence.due.keys()),
        "named": sorted(evidence.due.keys() ^ there.keys()),
        "not_told": sum(evidence.told.get(number) != number for number in evidence.due),
        "wire_keys": len(evidence.wire_keys),
        "wire_keys_seen_again": evidence.seen_again,
        "wrong_wire_keys": sum(
            len(keys) > evidence.issues.get(number, 1) for number, keys in evidence.wire_keys.items()
        ),
        "issued_anew": sum(evidence.issues.values()) - len(evidence.issues),
    }


def weather(struck: Counter[tuple[str, str]]) -> Row:
    """The figures that speak of the calls. Only writes count as lost; sign-ins have a figure of their own."""
    writes = Counter({fault: n for (door, fault), n in struck.items() if door.endswith("/write")})
    faults: Counter[str] = Counter()
    for (_, fault), count in struck.items():
        faults[fault] += count
    return {
        "lost_answers": sum(writes[fault] for fault in LOST),
        "server_errors_after_commit": writes["server_error_after"],
        "drops_before": writes["drop_before"] + writes["server_error_before"],
        "half_done_batches": faults["commit_half"],
        "expired_tokens": faults["expired_token"],
        "throttled": faults["throttled"],
        "token_faults": sum(n for (door, _), n in struck.items() if door.endswith("/sign_in")),
        "struck": {f"{door} {fault}": n for (door, fault), n in sorted(struck.items())},
    }


def bad(rows: list[Row]) -> list[str]:
    """Every figure that must be 0 and is not."""
    return [
        f"{row['flow']}, {row['database']} seed {row['seed']} {row['replay_mode']}: {name} {row[name]}"
        for row in rows
        for name in MUST_BE_ZERO
        if row.get(name)
    ]


def shortfalls(rows: list[Row]) -> list[str]:
    """Why this is no proof: a volume that was not reached."""
    found: list[str] = []
    for flow, database in sorted({(row["flow"], row["database"]) for row in rows}):
        mine = [row for row in rows if (row["flow"], row["database"]) == (flow, database)]
        for name, least in AT_LEAST[flow].items():
            total = sum(row.get(name, 0) for row in mine)
            found += [f"{flow}, {database}: {name} {total}, at least {least} wanted"] if total < least else []
    return found
