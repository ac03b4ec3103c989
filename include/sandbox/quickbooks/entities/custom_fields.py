"""The three classic custom fields of sales forms.

They are switched on and named in SalesFormsPrefs.CustomField, as two groups of name and value:
developer.intuit.com, api/accounting/all-entities/preferences and workflows/create-custom-fields
"""

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call
from sandbox.quickbooks.wire import Record

MOST_FIELDS = 3
_USED, _NAMED = "SalesFormsPrefs.UseSalesCustom", "SalesFormsPrefs.SalesCustomName"


def custom_fields(call: Call, body: Record) -> list[Record]:
    """Every field that is switched on, with the value that was sent for it."""
    sent = {each.get("DefinitionId"): each for each in body.get("CustomField", [])}
    if len(body.get("CustomField", [])) > MOST_FIELDS:
        detail = f"A transaction cannot have more than {MOST_FIELDS} custom fields"
        call.problems.append(faults.business(detail, "CustomField"))
    used = definitions(call)
    _check_off(call, sent, {each["DefinitionId"] for each in used})
    fields = []
    for definition in used:
        value = sent.get(definition["DefinitionId"], {}).get("StringValue")
        fields.append({**definition, **({"StringValue": value} if value is not None else {})})
    return fields


def definitions(call: Call) -> list[Record]:
    """The fields that the company has switched on, in order."""
    used: dict[str, bool] = {}
    names: dict[str, str] = {}
    for group in call.company.prefs("SalesFormsPrefs").get("CustomField", []):
        for each in group.get("CustomField", []):
            name = str(each.get("Name", ""))
            if name.startswith(_USED):
                used[name.removeprefix(_USED)] = str(each.get("BooleanValue")).lower() == "true"
            elif name.startswith(_NAMED):
                names[name.removeprefix(_NAMED)] = str(each.get("StringValue", ""))
    return [
        {"DefinitionId": number, "Name": names.get(number, ""), "Type": "StringType"}
        for number, is_used in sorted(used.items())
        if is_used
    ]


def _check_off(call: Call, sent: dict[str, Record], used: set[str]) -> None:
    off = [number for number, each in sent.items() if number not in used and each.get("StringValue")]
    if off and call.settings.custom_field_off == "refuse":
        detail = f"Custom field {off[0]} is not switched on in the company's sales settings"
        call.problems.append(faults.business(detail, "CustomField"))
