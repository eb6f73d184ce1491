"""What the service says of itself: `$metadata` as CSDL XML, and the service document.

(OData CSDL XML Representation 4.01; docstrings of the declarations become Core.Description.)
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Any

from concertmaster.odata.model import ComplexType, EntityType, EnumType, Model, Property
from concertmaster.odata.operations import Operation, Operations
from concertmaster.odata.response import Response, collection, json_response

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


def service_document(model: Model, base: str) -> Response:
    """The list of entity sets (JSON Format 5)."""
    sets = [{"name": s.name, "kind": "EntitySet", "url": s.name} for s in model]
    return json_response(collection(f"{base}$metadata", sets))


def csdl_response(model: Model, operations: Operations) -> Response:
    body = csdl_xml(model, operations)
    return Response(200, body, {"content-type": "application/xml", "odata-version": "4.0"})


def csdl_xml(model: Model, operations: Operations) -> bytes:
    """The whole model as CSDL XML."""
    ET.register_namespace("edmx", _EDMX)
    root = ET.Element(f"{{{_EDMX}}}Edmx", Version="4.0")
    services = ET.SubElement(root, f"{{{_EDMX}}}DataServices")
    schema = ET.SubElement(services, "Schema", xmlns=_EDM, Namespace=model.namespace)
    others: dict[str, ET.Element] = {model.namespace: schema}
    for entity_type in model.types.values():
        _entity_type(schema, entity_type)
    for complex_type in model.complexes.values():
        _complex_type(schema, complex_type)
    for enumeration in model.enums.values():
        _enum_type(schema, enumeration)
    for operation in (one for one in operations.all if one.kind in ("action", "function")):
        if operation.namespace not in others:
            others[operation.namespace] = ET.SubElement(
                services, "Schema", xmlns=_EDM, Namespace=operation.namespace
            )
        _operation(others[operation.namespace], model, operation)
    _container(schema, model)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _describe(element: ET.Element, text: str) -> None:
    if text:
        sentence = " ".join(text.split("\n\n")[0].split())
        ET.SubElement(element, "Annotation", Term="Org.OData.Core.V1.Description", String=sentence)


def _entity_type(schema: ET.Element, entity_type: EntityType) -> None:
    element = ET.SubElement(schema, "EntityType", Name=entity_type.name)
    key = ET.SubElement(element, "Key")
    ET.SubElement(key, "PropertyRef", Name=entity_type.key.name)
    for prop in entity_type.properties.values():
        _property(element, prop, is_key=prop is entity_type.key)
    for navigation in entity_type.navigations.values():
        target = navigation.target.qualified
        words: dict[str, str] = {"Name": navigation.name}
        words["Type"] = f"Collection({target})" if navigation.collection else target
        if not navigation.collection and not navigation.nullable:
            words["Nullable"] = "false"
        ET.SubElement(element, "NavigationProperty", words)
    _describe(element, entity_type.doc)


def _property(element: ET.Element, prop: Property, *, is_key: bool) -> None:
    words = {"Name": prop.name}
    words["Type"] = f"Collection({prop.edm})" if prop.words.collection else prop.edm
    if is_key or not prop.nullable:
        words["Nullable"] = "false"
    if prop.length:
        words["MaxLength"] = str(prop.length)
    shown = ET.SubElement(element, "Property", words)
    if prop.words.computed:
        ET.SubElement(shown, "Annotation", Term="Org.OData.Core.V1.Computed", Bool="true")


def _complex_type(schema: ET.Element, complex_type: ComplexType) -> None:
    words = {"Name": complex_type.name.rpartition(".")[2]}
    if complex_type.open:
        words["OpenType"] = "true"
    element = ET.SubElement(schema, "ComplexType", words)
    for member in complex_type.members:
        kind = f"Collection({member.edm})" if member.collection else member.edm
        said = {"Name": member.name, "Type": kind}
        if not member.nullable:
            said["Nullable"] = "false"
        ET.SubElement(element, "Property", said)


def _enum_type(schema: ET.Element, enumeration: EnumType) -> None:
    words = {"Name": enumeration.name.rpartition(".")[2]}
    if enumeration.flags:
        words["IsFlags"] = "true"
    element = ET.SubElement(schema, "EnumType", words)
    for name, member in enumeration.members.__members__.items():
        ET.SubElement(element, "Member", Name=name, Value=str(int(member)))


def _operation(schema: ET.Element, model: Model, operation: Operation) -> None:
    kind = "Action" if operation.kind == "action" else "Function"
    element = ET.SubElement(schema, kind, Name=operation.name)
    entity_set = model.set(operation.set_name or "")
    if entity_set:
        element.set("IsBound", "true")
        bound = entity_set.type.qualified
        shown = bound if operation.on_entity else f"Collection({bound})"
        ET.SubElement(element, "Parameter", Name="bindingParameter", Type=shown)
    for parameter in operation.parameters:
        words = {"Name": parameter.wire, "Type": _edm_of(model, parameter.annotation)}
        if not parameter.required:
            words["Nullable"] = "true"
        ET.SubElement(element, "Parameter", words)
    returned = _edm_of(model, operation.returns, fallback="")
    if returned:
        ET.SubElement(element, "ReturnType", Type=returned)
    _describe(element, operation.doc)


_PLAIN: dict[Any, str] = {
    bool: "Edm.Boolean", int: "Edm.Int64", float: "Edm.Double", str: "Edm.String",
    bytes: "Edm.Binary",
}  # fmt: skip


def _edm_of(model: Model, annotation: Any, fallback: str = "Edm.Untyped") -> str:
    import typing

    arguments = [a for a in typing.get_args(annotation) if a is not type(None)]
    if typing.get_origin(annotation) is list and arguments:
        return f"Collection({_edm_of(model, arguments[0])})"
    if typing.get_origin(annotation) is typing.Annotated or (
        arguments and type(None) in typing.get_args(annotation)
    ):
        return _edm_of(model, arguments[0], fallback)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if annotation in model.types:
        return model.types[annotation].qualified
    return fallback


def _container(schema: ET.Element, model: Model) -> None:
    container = ET.SubElement(schema, "EntityContainer", Name=model.container)
    for entity_set in model:
        element = ET.SubElement(
            container, "EntitySet", Name=entity_set.name, EntityType=entity_set.type.qualified
        )
        for path, target in _bindings(model, entity_set.type):
            ET.SubElement(element, "NavigationPropertyBinding", Path=path, Target=target)


def _bindings(model: Model, entity_type: EntityType) -> Iterable[tuple[str, str]]:
    for navigation in entity_type.navigations.values():
        target = model.set_of(navigation.target)
        if target:
            yield navigation.name, target.name
