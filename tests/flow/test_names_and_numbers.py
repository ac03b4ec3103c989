"""Apostrophes, ampersands, other alphabets, leading zeros, other people's names; and whose invoices they are."""

from house import House, green


def remote(house: House, entity: str, **wanted: str) -> dict[str, object]:
    return next(r for r in house.records("quickbooks", entity) if all(r.get(k) == v for k, v in wanted.items()))


def test_an_apostrophe_and_an_ampersand_arrive_as_they_are(house: House) -> None:
    house.run()

    assert set(house.created("Customer")) == {"O'Malley's Garden Supply", "Cedar Valley Clinics"}
    birch = remote(house, "Customer", DisplayName="Birch & Sons Plumbing")
    assert remote(house, "Invoice", DocNumber="000102")["CustomerRef"]["value"] == birch["Id"]  # type: ignore[index]


def test_other_alphabets_and_signs_arrive_as_they_are_and_are_found_again(house: House) -> None:
    name = 'Ærø "Blå" Café 日本 🌱 \\ %_ 100%'
    house.edit_customer("C-1006", sf_account_name=name)
    house.new_invoice("Ü-0007/ä", ("P-100", "1", "12.50"), customer="C-1006")
    house.mishap(vendor="quickbooks", kind="drop_after", path_contains="batch")  # found again by its name

    house.run()

    assert name in house.created("Customer")
    assert "Ü-0007/ä" in house.created()


def test_leading_zeros_of_numbers_stay(house: House) -> None:
    house.new_invoice("00042", ("P-100", "1", "12.50"))
    house.new_invoice("42", ("P-100", "1", "12.50"))

    house.run()

    assert {"00042", "42"} <= set(house.created())


def test_leading_zeros_of_a_sku_are_not_taken_for_another_product(house: House) -> None:
    division = house.source_id("rstk__sydiv__c", "rstk__sydiv_div__c", "0101")
    for sku in ("0077", "77"):
        fields = {"prod": sku, "descr": f"Tag {sku}", "prodtype": "Stock", "div": division, "activeind": True}
        house.insert("salesforce", "rstk__soprod__c", **{f"rstk__soprod_{k}__c": v for k, v in fields.items()})
        house.new_invoice(f"T-{sku}", (sku, "1", "1.00"))

    house.run()

    assert {remote(house, "Item", Sku=sku)["Name"] for sku in ("0077", "77")} == {"0077 Tag 0077", "77 Tag 77"}


def test_a_sku_in_another_case_is_the_same_product(house: House) -> None:
    account = {"value": "79"}
    made = house.insert(
        "quickbooks", "Item", Name="Planter", Sku="p-300", Type="NonInventory", IncomeAccountRef=account
    )

    house.run()

    assert [name for name in house.created("Item") if "300" in name or "lanter" in name] == []
    [line] = [each for each in remote(house, "Invoice", DocNumber="000103")["Line"] if "SalesItemLineDetail" in each]  # type: ignore[attr-defined]
    assert line["SalesItemLineDetail"]["ItemRef"]["value"] == made["Id"]


def test_a_name_that_a_vendor_holds_is_told_before_anything_is_sent(house: House) -> None:
    house.run()

    assert house.causes()["000122"] == "name_taken"
    assert [e for e in house.journal() if e["entity"] == "Customer" and e["outcome"] == "refused"] == []


def test_a_customer_of_the_same_name_that_nothing_else_proves_is_for_a_person(house: House) -> None:
    house.insert("quickbooks", "Customer", DisplayName="Cedar Valley Clinics")

    house.run()

    assert {house.causes()[number] for number in ("000104", "000109", "000112")} == {"same_name"}
    assert "Cedar Valley Clinics" not in house.created("Customer")


def test_the_id_that_the_person_puts_on_the_customer_links_the_two(house: House) -> None:
    made = house.insert("quickbooks", "Customer", DisplayName="Cedar Valley Clinics")
    house.correct_everything()
    house.run()
    house.edit_customer("C-1005", fscustid=str(made["Id"]))

    assert green(house.clear("match_customers"))
    assert remote(house, "Invoice", DocNumber="000104")["CustomerRef"]["value"] == made["Id"]  # type: ignore[index]


def test_two_numbers_alike_at_both_ends_are_for_a_person(house: House) -> None:
    line = {"DetailType": "SalesItemLineDetail", "Amount": 7, "SalesItemLineDetail": {"ItemRef": {"value": "2001"}}}
    house.insert("quickbooks", "Invoice", DocNumber="000101", CustomerRef={"value": "1010"}, Line=[line])

    house.run()

    assert house.causes()["000101"] == "number_taken"
    assert "000101" not in house.created()


def test_another_companys_invoices_and_credit_memos_never_leave(house: House) -> None:
    house.correct_everything()
    house.run(full_sweep=True)

    assert {"000140", "000201", "000202", "000130", "000131", "000132", "000133"}.isdisjoint(house.created())
    assert house.statement()["extracted"] == 15
    wests = house.get("/control/state/quickbooks/9130350000000002/Invoice")["records"]
    assert wests == []
