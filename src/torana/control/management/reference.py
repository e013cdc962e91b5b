"""A page to browse the management API with; it holds all that it needs."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import TypeAlias

import msgspec
from msgspec import Struct, field

Json: TypeAlias = dict[str, object]

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f27;--dim:#5b6473;--line:#e3e6ec;--card:#fff;--page:#f6f7f9;--mark:#a84c14}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--dim:#a3acba;--line:#2b303a;--card:#181b21;--page:#101216;
--mark:#f0965a}}
*{box-sizing:border-box}
body{margin:0;padding:2rem 1rem;background:var(--page);color:var(--ink);font:16px/1.6 system-ui,sans-serif}
main{width:min(60rem,100%);margin:auto}
h1{margin:0;font-size:1.7rem;letter-spacing:-.02em}
h2{margin:2rem 0 .6rem;font-size:.8rem;text-transform:uppercase;letter-spacing:.08em;color:var(--dim)}
p{margin:.3rem 0;color:var(--dim)}
a{color:var(--mark)}
details{background:var(--card);border:1px solid var(--line);border-radius:9px;margin:.4rem 0;padding:.6rem 1rem}
summary{cursor:pointer;overflow-wrap:anywhere}
code,b{font:.86rem/1.5 ui-monospace,monospace}
b{display:inline-block;min-width:4.2rem;color:var(--mark);font-weight:600}
table{border-collapse:collapse;margin:.6rem 0;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0;border-top:1px solid var(--line)}
th{color:var(--dim);font-weight:500;font-size:.85rem}
td{overflow-wrap:anywhere}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Torana: management API</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Management API</h1>
<p>Send <code>Authorization: Bearer TOKEN</code>; <code>torana tokens create</code> makes a token. The pages of the
<a href="/dashboard/">dashboard</a> send the cookie of who is signed in.
All of this for programs, with every type: <a href="{place}">{place}</a>.</p>
{parts}</main>
</body>
</html>
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class _Parameter(Struct):
    name: str
    in_: str = field(name="in")
    schema: Json = {}
    description: str = ""


class _Operation(Struct):
    summary: str
    description: str
    tags: list[str]
    parameters: list[_Parameter] = []
    body: Json = field(name="requestBody", default_factory=dict)


class _Components(Struct):
    schemas: dict[str, Json]


class _Document(Struct):
    paths: dict[str, dict[str, _Operation]]
    components: _Components


def page(document: bytes, place: str) -> str:
    """From the document that lies at `place`."""
    read = msgspec.json.decode(document, type=_Document)
    calls = [(method, path, one) for path, methods in read.paths.items() for method, one in methods.items()]
    tags = dict.fromkeys(one.tags[0] for _, _, one in calls)
    parts = [
        f"<h2>{html.escape(tag)}</h2>\n"
        + "".join(_card(method, path, one, read.components) for method, path, one in calls if one.tags[0] == tag)
        for tag in tags
    ]
    return _PAGE.format(style=_STYLE, place=html.escape(place), parts="".join(parts))


def _card(method: str, path: str, one: _Operation, components: _Components) -> str:
    rows = [(p.name, p.in_, _kind(p.schema) if p.schema else "JSON", p.description) for p in one.parameters]
    rows += _body(one.body, components)
    table = "".join(
        f"<tr><td><code>{html.escape(name)}</code></td><td>{where}</td><td>{html.escape(kind)}</td>"
        f"<td>{html.escape(text)}</td></tr>"
        for name, where, kind, text in rows
    )
    head = f"<b>{method.upper()}</b> <code>{html.escape(path)}</code>"
    text = html.escape(f"{one.summary} {one.description}")
    return f"<details><summary>{head}</summary><p>{text}</p><table>{table}</table></details>\n"


def _body(body: Json, components: _Components) -> list[tuple[str, str, str, str]]:
    if not body:
        return []
    name = msgspec.convert(body, _Body).content["application/json"].schema["$ref"].rpartition("/")[2]
    shape = msgspec.convert(components.schemas[name], _Shape)
    return [
        (key, "body, required" if key in shape.required else "body", _kind(schema), str(schema.get("description", "")))
        for key, schema in shape.properties.items()
    ]


class _Held(Struct):
    schema: dict[str, str]


class _Body(Struct):
    content: dict[str, _Held]


class _Shape(Struct):
    properties: dict[str, Json] = {}
    required: list[str] = []


def _kind(schema: object) -> str:
    """A type in words."""
    if not isinstance(schema, dict):
        return ""
    if isinstance(options := schema.get("anyOf"), list):
        return " or ".join(_kind(option) for option in options)
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if isinstance(values := schema.get("enum"), list):
        return " or ".join("null" if value is None else str(value) for value in values)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    least, most = schema.get("minimum"), schema.get("maximum")
    span = "" if least is None else f" from {least}" + ("" if most is None else f" to {most}")
    return str(schema.get("type", "any")) + span
