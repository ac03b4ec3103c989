"""The demo's story without Airflow: planted mistakes, corrected at the source, only what was not done is done."""

from house import House
from invoice_sync.model.errors import ReviewNeeded


def test_clean_documents_pass_and_the_others_wait_with_their_reason(house: House) -> None:
    outcome = house.run()

    assert isinstance(outcome["match_customers"], ReviewNeeded)
    assert isinstance(outcome["plan"], ReviewNeeded)
    assert isinstance(outcome["report"], ReviewNeeded)
    assert house.created() == [f"0001{n:02}" for n in range(1, 13)]
    causes = {item["document"]: item["cause"] for item in house.statement()["review"]}
    assert causes == {"000120": "does_not_tie", "000121": "closed_period", "000122": "name_taken"}
    assert house.statement()["totals"]["USD"]["difference"] == "0.00"
