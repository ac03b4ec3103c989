"""Side by side against the same server: python-quickbooks, and a bare loop that sends the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import peer, scene
from bench.figures import Figure, idle_of, middle
from bench.scene import Scene
from house import REALM

Rounds = list[dict[str, Any]]


def measure(invoices: int, rounds: int) -> list[Figure]:
    """Throughput of ours over theirs, no latency; ours is the whole task with its ledger, theirs has built objects."""
    with scene.planned(invoices) as stage:
        documents = stage.ledger.with_name("documents.json")
        documents.write_text(json.dumps(scene.bodies_of(stage.sendings())))
        ours: Rounds = []
        theirs: dict[str, Rounds] = {"batch": [], "single": []}
        for _ in range(rounds):
            ours.append(stage.export())
            for how, done in theirs.items():
                done.append(_round(stage, how, documents, invoices))
        return [
            Figure(
                f"quickbooks.vs_python_quickbooks_{how}",
                round(middle(done) / middle(ours), 2),
                idle_of(ours, done),
            )
            for how, done in theirs.items()
        ] + _details(invoices, ours, theirs)


def measure_loop(invoices: int, service_seconds: float, in_flight: int = 8, rounds: int = 1) -> list[Figure]:
    """Our time over the bare loop's, with a server that takes its time for each invoice."""
    with scene.planned(invoices) as stage:
        sendings = stage.sendings()
        calls = stage.ledger.with_name("calls.json")
        calls.write_text(json.dumps([(each.path, each.body) for each in sendings]))
        stage.house.settings("quickbooks", service_seconds=service_seconds)
        ours: Rounds = []
        theirs: Rounds = []
        for _ in range(rounds):
            theirs.append(_round(stage, "loop", calls, len(sendings), in_flight))
            ours.append(stage.export(options={"in_flight": in_flight}))
        ratio = round(middle(ours) / middle(theirs), 3)
        return [
            Figure("quickbooks.vs_bare_loop", ratio, idle_of(ours, theirs)),
            Figure("quickbooks.bare_loop_seconds", round(middle(theirs), 2)),
        ]


def _round(stage: Scene, how: str, file: Path, expected: int, in_flight: int = 8) -> dict[str, Any]:
    stage.put_back("planned")
    token = stage.access_token()
    done = peer.run(peer.Call(how, str(file), stage.quickbooks_url, REALM, token, stage.server.pid, in_flight))
    if done["went_well"] != expected or len(stage.server.created()) != stage.invoices:
        raise RuntimeError(f"{how}: {done['went_well']} of {expected}, {len(stage.server.created())} were created")
    return done


def _details(invoices: int, ours: Rounds, theirs: dict[str, Rounds]) -> list[Figure]:
    sides = {"ours": ours, **{f"python_quickbooks_{how}": done for how, done in theirs.items()}}
    return [
        Figure(f"quickbooks.per_second.{side}", round(invoices / middle(rounds), 1)) for side, rounds in sides.items()
    ]
