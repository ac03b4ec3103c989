"""swagger.json of an endpoint version, made from the description of its entities."""

from __future__ import annotations

from typing import Any

from sandbox.acumatica.entities_finance import ENTITIES
from sandbox.acumatica.schema import WRAPPERS, Entity, Field, Part

Record = dict[str, Any]
_PLAIN: dict[str, Record] = {
    "StringValue": {"type": "string"},
    "DecimalValue": {"type": "number", "format": "double"},
    "BooleanValue": {"type": "boolean"},
    "IntValue": {"type": "integer", "format": "int32"},
    "DateTimeValue": {"type": "string", "format": "date-time"},
    "GuidValue": {"type": "string", "format": "uuid"},
}


def document(name: str, version: str, base: str, number: int) -> Record:
    """The whole document; `number` is the version's first part."""
    schemas: Record = {"Entity": _entity_base(), "FileLink": _file_link()}
    schemas |= {
        wrapper: {"type": "object", "properties": {"value": inner, "error": {"type": "string"}}}
        for wrapper, inner in _PLAIN.items()
    }
    paths: Record = {}
    for entity in ENTITIES.values():
        schemas |= _schemas(entity, number)
        paths |= _paths(entity)
    return {
        "openapi": "3.0.1",
        "info": {"title": f"{name}/{version}", "version": "1"},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {"schemas": schemas, "parameters": _parameters()},
        "tags": [{"name": entity, "description": f"{entity}"} for entity in ENTITIES],
    }


def _ref(name: str) -> Record:
    return {"$ref": f"#/components/schemas/{name}"}


def _entity_base() -> Record:
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "rowNumber": {"type": "integer", "format": "int64"},
            "note": {"type": "string"},
            "custom": {"type": "object", "additionalProperties": {"type": "object"}},
            "error": {"type": "string"},
            "files": {"type": "array", "items": _ref("FileLink")},
        },
    }


def _file_link() -> Record:
    text = {"type": "string"}
    return {"type": "object", "properties": dict.fromkeys(("id", "filename", "href", "comment"), text)}


def _parameters() -> Record:
    return {"id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}}


def _schemas(entity: Entity, number: int) -> Record:
    made: Record = {}
    properties = _fields(entity, number)
    for one in entity.linked_in(number):
        properties[one.name] = _ref(_inner(made, entity.name, one, number))
    for one in entity.collections_in(number):
        made[f"{entity.name}{one.name}"] = _derived(_fields(one, number))
        properties[one.name] = {"type": "array", "items": _ref(f"{entity.name}{one.name}")}
    made[entity.name] = _derived(properties)
    for action, parameters in entity.actions.items():
        made[action] = _action(entity.name, {one.name: _ref(WRAPPERS[one.type]) for one in parameters.values()})
    return made


def _inner(made: Record, prefix: str, part: Part, number: int) -> str:
    name = f"{prefix}{part.name}"
    properties = _fields(part, number)
    for inner in part.linked.values():
        properties[inner.name] = _ref(_inner(made, name, inner, number))
    made[name] = _derived(properties)
    return name


def _fields(part: Part, number: int) -> Record:
    return {one.name: _wrapper(one) for one in part.fields_in(number)}


def _wrapper(field: Field) -> Record:
    return _ref(WRAPPERS[field.type])


def _derived(properties: Record) -> Record:
    return {"allOf": [_ref("Entity"), {"type": "object", "properties": properties}]}


def _action(entity: str, parameters: Record) -> Record:
    properties: Record = {"entity": _ref(entity)}
    if parameters:
        properties["parameters"] = {"type": "object", "properties": parameters}
    return {"required": ["entity"], "type": "object", "properties": properties}


def _operation(
    entity: str, name: str, answer: Record | None, body: Record | None = None, keyed: bool = False
) -> Record:
    json = "application/json"
    responses = {"200": {"description": "Success", "content": {json: {"schema": answer}}}} if answer else {}
    made: Record = {"tags": [entity], "operationId": f"{entity}_{name}", "summary": name}
    made["responses"] = responses or {"204": {"description": "Success"}}
    if body is not None:
        made["requestBody"] = {"content": {json: {"schema": body}}}
    if keyed:
        made["parameters"] = [{"$ref": "#/components/parameters/id"}]
    return made


def _paths(entity: Entity) -> Record:
    name, record = entity.name, _ref(entity.name)
    root = f"/{name}"
    paths: Record = {
        root: {
            "get": _operation(name, "GetList", {"type": "array", "items": record}),
            "put": _operation(name, "PutEntity", record, record),
        },
        f"{root}/{{id}}": {
            "get": _operation(name, "GetById", record, keyed=True),
            "delete": _operation(name, "DeleteById", None, keyed=True),
        },
        f"{root}/$adHocSchema": {"get": _operation(name, "GetAdHocSchema", record)},
        f"{root}/{{ids}}/files/{{filename}}": {"put": _operation(name, "PutFile", None)},
    }
    if entity.keys:
        keys = "/".join(f"{{{key}}}" for key in entity.keys)
        by_keys = {"get": _operation(name, "GetByKeys", record), "delete": _operation(name, "DeleteByKeys", None)}
        paths[f"{root}/{keys}" if len(entity.keys) > 1 else f"{root}/{keys}/"] = by_keys
    for action in entity.actions:
        paths[f"{root}/{action}"] = {"post": _operation(name, f"InvokeAction_{action}", None, _ref(action))}
    return paths
