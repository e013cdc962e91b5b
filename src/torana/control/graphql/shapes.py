"""A GraphQL question and its answer, as they stand in HTTP bodies."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Asked(Struct, rename="camel"):
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


class Answered(Struct, kw_only=True):
    data: object = None
    errors: list[dict[str, object]] | None = None
