"""Spans as the body of an OTLP request, JSON or protobuf (OTLP 1.x, `ExportTraceServiceRequest`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from torana import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

    from torana.control.otel.spans import Span, Value

Encoding: TypeAlias = Literal["json", "protobuf"]

CONTENT_TYPES: dict[Encoding, str] = {"json": "application/json", "protobuf": "application/x-protobuf"}
SCOPE = "torana"
_SAMPLED = 0x01


def encode(spans: Sequence[Span], resource: Mapping[str, Value], encoding: Encoding) -> bytes:
    return _to_json(spans, resource) if encoding == "json" else _to_protobuf(spans, resource)


def _to_json(spans: Sequence[Span], resource: Mapping[str, Value]) -> bytes:
    """OTLP's own JSON mapping: ids in hex, 64-bit integers as text, enumerations as numbers."""
    scoped = {"scope": {"name": SCOPE, "version": __version__}, "spans": [_span(one) for one in spans]}
    whole = {"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scoped]}]}
    return msgspec.json.encode(whole)


def _span(one: Span) -> dict[str, object]:
    found: dict[str, object] = {
        "traceId": one.trace_id,
        "spanId": one.span_id,
        "flags": _SAMPLED,
        "name": one.name,
        "kind": one.kind,
        "startTimeUnixNano": str(one.start_ns),
        "endTimeUnixNano": str(one.end_ns),
        "attributes": _attributes(one.attributes),
        "status": {"code": one.status, "message": one.message} if one.message else {"code": one.status},
    }
    return found | ({"parentSpanId": one.parent_id} if one.parent_id else {})


def _attributes(given: Mapping[str, Value]) -> list[dict[str, object]]:
    return [{"key": key, "value": _value(value)} for key, value in given.items()]


def _value(value: Value) -> dict[str, object]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _to_protobuf(spans: Sequence[Span], resource: Mapping[str, Value]) -> bytes:
    # Loaded with the first target that wants it: no other process pays for it.
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
        ExportTraceServiceRequest,
    )

    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    of_resource.resource.attributes.extend(_pairs(resource))
    scoped = of_resource.scope_spans.add()
    scoped.scope.name, scoped.scope.version = SCOPE, __version__
    for one in spans:
        span = scoped.spans.add(
            trace_id=bytes.fromhex(one.trace_id),
            span_id=bytes.fromhex(one.span_id),
            parent_span_id=bytes.fromhex(one.parent_id),
            flags=_SAMPLED,
            name=one.name,
            kind=one.kind,
            start_time_unix_nano=one.start_ns,
            end_time_unix_nano=one.end_ns,
            attributes=_pairs(one.attributes),
        )
        span.status.code, span.status.message = one.status, one.message
    body: bytes = request.SerializeToString()
    return body


def _pairs(given: Mapping[str, Value]) -> list[KeyValue]:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue  # noqa: PLC0415  # as above

    found = []
    for key, value in given.items():
        if isinstance(value, bool):
            held = AnyValue(bool_value=value)
        elif isinstance(value, int):
            held = AnyValue(int_value=value)
        elif isinstance(value, float):
            held = AnyValue(double_value=value)
        else:
            # Text from the wire may hold half of a surrogate pair, which protobuf refuses.
            held = AnyValue(string_value=value.encode("utf-8", "replace").decode())
        found.append(KeyValue(key=key.encode("utf-8", "replace").decode(), value=held))
    return found
