"""The OpenAPI document as the source of generated clients: names, explanations, what is there always."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import pytest
from msgspec import UNSET, Meta, Struct, UnsetType, field

from torana.control.gateway_settings import GatewaySettings
from torana.control.management.components import Components
from torana.control.management.explanations import explanations
from torana.control.management.openapi import document
from torana.control.management.operation import Many, One
from torana.control.management.routes import BASE, OPERATIONS

Json: TypeAlias = dict[str, object]
ROOT = Path(__file__).resolve().parents[3]


class Schema(Struct):
    description: str = ""
    properties: dict[str, Json] = {}
    required: list[str] = []


class Held(Struct):
    schemas: dict[str, Schema]
    responses: dict[str, Json]


class Operated(Struct):
    id: str = field(name="operationId")
    responses: dict[str, Json]


class Document(Struct):
    paths: dict[str, dict[str, Operated]]
    components: Held


@pytest.fixture(scope="module")
def data() -> bytes:
    return document(OPERATIONS, BASE)


@pytest.fixture(scope="module")
def described(data: bytes) -> Document:
    return msgspec.json.decode(data, type=Document)


def references(value: object) -> set[str]:
    """Those that tell alternatives apart too."""
    if isinstance(value, str):
        return {value} if value.startswith("#/") else set()
    held = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return set().union(*map(references, held))


def test_every_operation_has_a_name_of_its_own(described: Document) -> None:
    ids = [one.id for methods in described.paths.values() for one in methods.values()]
    assert len(set(ids)) == len(ids) == len(OPERATIONS)


def test_every_reference_leads_somewhere(data: bytes, described: Document) -> None:
    held = described.components
    there = {f"#/components/schemas/{name}" for name in held.schemas}
    there |= {f"#/components/responses/{name}" for name in held.responses}
    found = references(msgspec.json.decode(data))
    assert len(found) > len(OPERATIONS)
    assert found <= there


def test_names_are_words(described: Document) -> None:
    schemas = described.components.schemas
    assert [name for name in schemas if not name.isalnum() or not name[0].isupper()] == []
    assert {"GatewayObject", "GatewayObjectResponse", "GatewayObjectPage", "LimitStateListResponse"} <= set(schemas)
    assert "TextResponse" in schemas


def nested(kind: type[Struct]) -> set[type[Struct]]:
    found: set[type[Struct]] = set()

    def look(info: object) -> None:
        if isinstance(info, msgspec.inspect.StructType) and info.cls not in found:
            found.add(info.cls)
            for one in info.fields:
                look(one.type)
        for name in ("type", "item_type", "value_type"):
            if hasattr(info, name) and not isinstance(info, msgspec.inspect.StructType):
                look(getattr(info, name))
        for one in getattr(info, "types", ()):
            look(one)

    look(msgspec.inspect.type_info(kind))
    return found


SETTINGS = sorted(nested(GatewaySettings), key=lambda kind: kind.__name__)


def test_the_settings_have_settings_within() -> None:
    assert {"GatewaySettings", "SpendRule", "Scope", "Checks", "StripeEvent"} <= {kind.__name__ for kind in SETTINGS}


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_every_setting_of_a_gateway_is_explained_in_sentences(kind: type[Struct]) -> None:
    found = explanations(kind)
    assert found.keys() == {one.encode_name for one in msgspec.structs.fields(kind)}
    assert [text for text in found.values() if not text.endswith(".") or "\n" in text or "  " in text] == []


def test_explanations_are_in_the_document_also_of_what_is_inherited(described: Document) -> None:
    expected = explanations(GatewaySettings)
    for name in ("GatewayObject", "NewGateway", "GatewayUpdate"):
        properties = described.components.schemas[name].properties
        assert {key: properties[key].get("description") for key in expected} == expected


def test_an_answer_has_all_of_its_fields_and_a_question_may_leave_some_out(described: Document) -> None:
    schemas = described.components.schemas
    assert set(schemas["GatewayObject"].required) == schemas["GatewayObject"].properties.keys()
    assert set(schemas["GatewayObjectResponse"].required) == {"success", "errors", "messages", "result"}
    assert "authentication" not in schemas["NewGateway"].required
    assert "page" in schemas["LogInfo"].required
    assert "min_cost" not in schemas["LogInfo"].required


class Thing(Struct):
    name: str
    size: Annotated[int, Meta(ge=0)] = 0
    left: int | UnsetType = UNSET
    renamed: int = field(default=0, name="called")


class Holder(Struct):
    thing: Thing


def test_what_was_left_unset_need_not_be_there() -> None:
    components = Components([], [One[Thing], Many[Holder]])
    assert components.schemas["Thing"]["required"] == ["name", "size", "called"]
    assert components.of(One[Thing]) == {"$ref": "#/components/schemas/ThingResponse"}
    assert components.of(Many[Holder]) == {"$ref": "#/components/schemas/HolderPage"}


def test_what_is_asked_too_keeps_its_defaults() -> None:
    components = Components([Thing], [One[Thing]])
    assert components.schemas["Thing"]["required"] == ["name"]


def test_two_structs_of_one_name_are_a_bug() -> None:
    other = msgspec.defstruct("ThingResponse", [("x", int)])
    with pytest.raises(ValueError, match="two Structs of the API are called ThingResponse"):
        Components([], [One[Thing], other])


def test_modules_of_others_are_not_read() -> None:
    assert explanations(Thing) == {}


def test_an_installed_wheel_explains_itself(tmp_path: Path) -> None:
    """From a zip, where there are no files to open."""
    archive = tmp_path / "torana.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in (ROOT / "src").rglob("*.py"):
            file.write(path, path.relative_to(ROOT / "src"))
    code = (
        "import torana; assert 'torana.zip' in torana.__file__\n"
        "from torana.control.management.explanations import explanations\n"
        "from torana.control.gateway_settings import GatewaySettings\n"
        "print(explanations(GatewaySettings)['cache_ttl'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(archive)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == explanations(GatewaySettings)["cache_ttl"]
