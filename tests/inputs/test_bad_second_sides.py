"""Bad surroundings of the second pair, one id each: logins, settings, rights and weather of Acumatica and of the store.

What answers badly for a while costs nothing; what needs a person stops the flow, in words, before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from house import FLOWS, House, green
from inputs.planting import walk
from invoice_sync.connectors.acumatica import slices
from invoice_sync.model.errors import NeedsPerson, NotChecked, SettingsError, TryLater
from invoice_sync.orchestration.flows import FlowsError, load
from invoice_sync.steps.chain import STEPS
from invoice_sync.steps.wiring import Login
from wholesale import LAPTOP, Wholesale, no_difference

D = Decimal
ERP, STORE = "acumatica", "bigcommerce"
BEFORE_EXPORT, REST = tuple(STEPS)[:7], tuple(STEPS)[7:]
NUMBERS = ("OK-1", "OK-2", "OK-3")
Act = Callable[[Wholesale], object]


class Elsewhere(Wholesale):
    """The login of one side is not as it should be."""

    wrong: tuple[str, dict[str, Any]] = ("", {})

    @property
    def tenant(self) -> str:
        """Whatever the flow says."""
        return "Brightwater"

    @property
    def logins(self) -> dict[str, Login]:
        logins, (vendor, changes) = super().logins, self.wrong
        side = self.flow.source if vendor == ERP else self.flow.destination
        given = {"extra": {**logins[side.connection].extra, **changes.get("extra", {})}}
        changed = replace(logins[side.connection], **{**changes, **given})
        return {**logins, side.connection: changed} if vendor else logins


@pytest.fixture
def shop(house: House) -> Elsewhere:
    """Empty books, three invoices to be carried."""
    made = Elsewhere.within(house)
    for number in NUMBERS:
        made.sell(number)
    return made


def login(vendor: str, **changes: Any) -> Act:
    def act(house: Wholesale) -> None:
        house.wrong = (vendor, changes)  # type: ignore[attr-defined]

    return act


def tenant(text: str) -> Act:
    def act(house: Wholesale) -> None:
        source = house.flow.source.model_copy(update={"tenant": text})
        house.flow = house.flow.model_copy(update={"source": source})

    return act


def store_options(**changes: Any) -> Act:
    return lambda house: house.options(bigcommerce=changes)


def no_such_field(house: Wholesale) -> None:
    house.write_back("custom_field")
    house.options(acumatica={"custom_field": "UsrNobodyMadeIt"})


def required_field(house: Wholesale) -> None:
    house.edit_in_store("invoice_extra_field", "Weight", isRequired=True)


@pytest.mark.parametrize(
    ("arrange", "told"),
    [
        pytest.param(login(ERP, password="wrong"), "refuses user name or password", id="D81-wrong-password"),
        pytest.param(login(ERP, host="http://127.0.0.1:1/nowhere"), "acumatica did not answer", id="D82-closed-port"),
        pytest.param(login(ERP, extra={"endpoint_version": "22.200.001"}), "too old|no time of change",
                     id="D83-endpoint-too-old"),
        pytest.param(login(ERP, extra={"endpoint_version": "26.100.001"}), "does not offer endpoint|it offers",
                     id="D84-endpoint-unknown"),
        pytest.param(tenant("Nowhere/"), "has no tenant Nowhere", id="D85-tenant-unknown"),
        pytest.param(tenant("Brightwater"), "not a tenant and a branch", id="D86-tenant-without-a-slash"),
        pytest.param(lambda house: house.settings_of(ERP, forbidden=["SalesInvoice"]), "denies the API user",
                     id="D87-no-right-to-the-form"),
        pytest.param(lambda house: house.settings_of(ERP, setup_missing=["SalesInvoice"]), "Preferences",
                     id="D88-preferences-never-set-up"),
        pytest.param(no_such_field, "no custom field Document.UsrNobodyMadeIt", id="D89-no-field-to-write-to"),
        pytest.param(login(STORE, password="wrong"), "token of the connection is none of store hw7kq2x9ab",
                     id="D90-wrong-token"),
        pytest.param(login(STORE, password=" "), "has no token", id="D91-no-token"),
        pytest.param(login(STORE, password="harbor-token-without-b2b"), "has no B2B Edition, or the token",
                     id="D92-token-without-the-scope"),
        pytest.param(lambda house: house.edit_in_store("store", "x", has_b2b=False), "has no B2B Edition",
                     id="D93-store-without-b2b-edition"),
        pytest.param(lambda house: house.delete_in_store("company_extra_field", "ERP Customer ID"),
                     "no extra field ERP Customer ID|bigcommerce.company_field", id="D94-no-field-for-the-erps-number"),
        pytest.param(required_field, "requires the extra field Weight on every invoice", id="D95-required-field"),
        pytest.param(store_options(extra_fields={"division": "Nobody's"}), "no extra field Nobody's",
                     id="D96-field-that-the-store-has-not"),
        pytest.param(store_options(extra_fields={"colour": "Weight"}), "names colour", id="D97-field-of-no-document"),
        pytest.param(store_options(pdf_url="https://x.example/file"), "no address with {number}", id="D98-pdf-address"),
        pytest.param(store_options(channel=7), "no multi-storefront", id="D99-channel"),
    ],
)  # fmt: skip
def test_check_stops_the_run_in_words_before_anything_is_read(shop: Elsewhere, arrange: Act, told: str) -> None:
    arrange(shop)

    outcome = shop.run(steps=("check", "extract", "export"))

    said = str(outcome["check"])
    assert isinstance(outcome["check"], NeedsPerson | TryLater)
    assert [part for part in told.split("|") if part not in said] == []
    assert isinstance(outcome["check"], TryLater) or "What to do" in said
    assert not [word for word in ("harbor-token", "brightwater-sync", "Traceback") if word in said]
    assert {type(outcome[step]) for step in ("extract", "export")} <= {NotChecked, SettingsError}
    assert (shop.writes(), shop.seats <= 1) == ([], True)


# ---- limits


def test_d113_a_quota_that_stays_closed_blames_no_document(shop: Elsewhere) -> None:
    shop.run(steps=BEFORE_EXPORT)
    shop.mishap(kind="throttled", vendor=STORE, scope="write", times=10_000, with_headers=False)

    said = shop.step_fails("export", TryLater)

    assert "asked company brightwater to wait" in said
    assert (shop.causes_now(), shop.carried()) == ({}, [])
    shop.clear_mishaps()
    assert green(walk(shop, steps=REST))
    assert len(shop.carried()) == 3


def test_d114_our_own_share_of_the_quota_only_makes_it_slow(shop: Elsewhere) -> None:
    """Two calls a minute; the sandbox counts none."""
    shop.options(quota_share=0.02)

    assert green(walk(shop))
    assert len(shop.carried()) == 3


@pytest.mark.parametrize("refusal", ["500", "429"])
def test_d115_seats_that_are_all_taken_are_named_and_waited_for(shop: Elsewhere, refusal: str) -> None:
    shop.settings_of(ERP, seat_refusal=refusal)
    about = shop.get("/")["vendors"][ERP]
    body = {"name": "admin", "password": "brightwater-admin-1", "tenant": "Brightwater"}
    with ExitStack() as strangers:
        for _ in range(about["session_limit"]):
            session = strangers.enter_context(requests.Session())
            session.post(f"{about['base_url']}/entity/auth/login", json=body, timeout=5).raise_for_status()
        said = shop.step_fails("check", TryLater)
    shop.erp("sign_out_all")

    assert "API Login Limit" in said
    assert "SM604000" in said
    assert green(walk(shop))
    assert shop.seats == 1


def test_d116_a_sign_in_lost_while_paging_goes_on_where_it_was(
    shop: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "FULL", 10)
    numbers = [shop.load.invoice("C00000288", [LAPTOP]) for _ in range(25)]
    shop.run(steps=("check",))
    shop.mishap(vendor=ERP, kind="expired_token", scope="read", after=2, path_contains="SalesInvoice")

    assert shop.step("extract")["changed"] == 28
    assert green(shop.run(steps=tuple(STEPS)[2:]))
    assert sorted(shop.carried()) == sorted([*numbers, *NUMBERS])
    assert shop.seats == 1


def test_d117_a_sign_in_lost_while_telling_tells_once(shop: Elsewhere) -> None:
    shop.mishap(vendor=ERP, kind="expired_token", scope="write")

    assert green(walk(shop))
    assert len(shop.records(ERP, "Activity")) == 3
    assert shop.seats == 1


@pytest.mark.parametrize("what", ["SalesInvoice", "SalesInvoice.Details", "Customer"])
def test_d118_a_list_that_cannot_be_optimised_is_read_one_by_one(shop: Elsewhere, what: str) -> None:
    shop.settings_of(ERP, optimization_fails=[what, "Payment.ApplicationHistory"])

    assert green(shop.run())
    assert sorted(shop.carried()) == list(NUMBERS)


# ---- while it runs


def test_d119_a_token_that_is_deleted_meanwhile_stops_everything_and_blames_nothing(shop: Elsewhere) -> None:
    shop.run(steps=BEFORE_EXPORT)
    shop.edit_in_store("token", "harbor-token", active=False)

    said = shop.step_fails("export", NeedsPerson)

    assert "lets company brightwater write no more" in said
    assert (shop.causes_now(), shop.carried()) == ({}, [])
    shop.edit_in_store("token", "harbor-token", active=True)
    assert green(walk(shop, steps=REST))
    assert len(shop.carried()) == 3


def test_d120_a_field_that_acumatica_drops_silently_is_seen_because_it_is_compared(shop: Elsewhere) -> None:
    """200, and nothing was kept: the customisation does not leave the field open after release."""
    shop.write_back("custom_field")
    shop.options(acumatica={"custom_field": "UsrB2BInvoiceID"})
    shop.edit_in_erp("Invoice", "Invoice/OK-1", custom={"Document": {"UsrB2BInvoiceID": ""}})

    shop.run()

    assert shop.causes() == dict.fromkeys(NUMBERS, "mismatch")
    assert "value: we sent" in shop.case("OK-1")["reason"]
    assert "there is nothing" in shop.case("OK-1")["reason"]
    assert len(shop.carried()) == 3
    assert no_difference(shop.statement())


def test_d121_a_user_who_may_only_look_is_told_with_the_right_that_is_missing(shop: Elsewhere) -> None:
    login(ERP, user="viewer", password="brightwater-viewer-1")(shop)

    shop.run()

    assert set(shop.causes().values()) == {"no-right"}
    assert "access right" in shop.case("OK-1")["cure"]
    assert len(shop.carried()) == 3


def test_d122_an_invoice_that_was_deleted_in_the_store_is_not_made_again_by_itself(shop: Elsewhere) -> None:
    shop.run()
    shop.delete_in_store("invoice", shop.shown("OK-1")["id"])
    shop.pay("OK-1", "10.00")

    shop.run("run-2")

    assert shop.causes("run-2") == {"OK-1": "vanished"}
    assert "reissue" in shop.case("OK-1", "run-2")["cure"]
    assert shop.carried().count("OK-1") == 1


def test_d123_an_invoice_that_people_changed_in_the_store_is_not_overwritten(shop: Elsewhere) -> None:
    shop.run()
    shop.edit_in_store("invoice", shop.shown("OK-1")["id"], originalBalance="450.00", openBalance="450.00")
    shop.edit_in_erp("Invoice", "Invoice/OK-1", DueDate="2027-03-01")

    shop.run("run-2")

    assert shop.causes("run-2") == {"OK-1": "changed_there"}
    assert shop.stands("OK-1")[0] == D(450)


def test_d124_a_date_that_is_none_in_the_trigger_form(shop: Elsewhere) -> None:
    shop.step("check")

    said = shop.step_fails("extract", SettingsError, changed_since="last tuesday")

    assert "last tuesday" in said
    assert "Write it as 2026-10-31" in said


def test_d125_answers_in_other_clothes_mean_the_same(shop: Elsewhere) -> None:
    """Refusals as a success, ids and times as text, fewer decimals, other words."""
    shop.settings_of(STORE, errors_in_200=True, success_word="success")
    shop.settings_of(STORE, id_type="string", invoice_times="string", detail_values="short")
    shop.sell("KWD", ("AAMOUSE/01", "3", "4.125"), customer="C00000294")

    shop.run()
    shop.pay("OK-1", "100.00")
    shop.run("run-2")

    assert (sorted(shop.carried()), shop.causes()) == (list(NUMBERS), {"KWD": "currency"})
    assert shop.stands("OK-1")[1:3] == (D(400), 1)


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        pytest.param("write_back: activity", "write_back: transferred_flag", "transferred_flag", id="D128-write-back"),
        pytest.param("statuses: { Balanced: send }", "statuses: { Balanced: maybe }", "statuses", id="D129-status"),
        pytest.param("company_field: ERP Customer ID", "company_feld: x", "company_feld", id="D130-misspelt-option"),
        pytest.param("unknown_customers: review", "unknown_customers: guess", "unknown_customers", id="D131-choice"),
    ],
)
def test_a_slip_in_flows_yaml_is_named_with_its_key(tmp_path: Path, wrong: str, right: str, told: str) -> None:
    text = FLOWS.read_text(encoding="utf-8")
    assert wrong in text
    file = tmp_path / "flows.yaml"
    file.write_text(text.replace(wrong, right, 1), encoding="utf-8")

    with pytest.raises(FlowsError, match=told):
        load(file)


def test_d132_a_pattern_without_a_group_is_told_before_anything_is_read(shop: Elsewhere) -> None:
    shop.options(acumatica={"order_id": {"field": "Description", "pattern": r"Order: \d+"}})

    assert "is no expression with one group" in shop.step_fails("check")
    assert shop.writes() == []
