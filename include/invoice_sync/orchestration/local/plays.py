"""What the demo plays: one play for each flow of kind `invoice` in flows.yaml, and the release that feeds one."""

from __future__ import annotations

from dataclasses import dataclass

from invoice_sync.orchestration.local.acts import Pair
from invoice_sync.orchestration.local.acumatica_bigcommerce import BRIGHTWATER, STONEBRIDGE
from invoice_sync.orchestration.local.corrections import (
    IN_BRIGHTWATERS_STORE,
    IN_ROOTSTOCK,
    IN_STONEBRIDGES_STORE,
    Correction,
)
from invoice_sync.orchestration.local.rootstock_quickbooks import RootstockQuickBooks


@dataclass(frozen=True)
class Play:
    """A flow, its two sides as flows.yaml names them, and what a person corrects between the acts."""

    flow: str
    pair: Pair
    corrections: tuple[Correction, ...]


FIRST = Play("rootstock_to_quickbooks", RootstockQuickBooks("00D5f000000DEMOEAA", "9130350000000001"), IN_ROOTSTOCK)
FED_BY_RELEASE = Play("acumatica_to_bigcommerce", BRIGHTWATER, IN_BRIGHTWATERS_STORE)
OTHERS = (FED_BY_RELEASE, Play("stonebridge_invoices", STONEBRIDGE, IN_STONEBRIDGES_STORE))
PLAYS = (FIRST, *OTHERS)
RELEASE_FLOW, ORDER = "acumatica_release", "SO0007850"
FLOWS = (*(play.flow for play in PLAYS), RELEASE_FLOW)
