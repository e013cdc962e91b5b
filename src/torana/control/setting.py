"""Settings of a gateway as they are typed in a shell: `name=value`, each value plain or JSON."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import msgspec

from torana.control.config_file import read_scalar
from torana.control.gateway_settings import GatewaySettings
from torana.control.refusals import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence


def changed(settings: GatewaySettings, given: Sequence[str]) -> GatewaySettings:
    """The same with these; InvalidInput for a name that is none and a value that it cannot have."""
    values: dict[str, object] = {}
    for text in given:
        name, mark, value = text.partition("=")
        name = name.strip()
        if not mark:
            raise InvalidInput(f"`{text}` is no setting: write it as name=value")
        if name not in GatewaySettings.__struct_fields__:
            near = difflib.get_close_matches(name, GatewaySettings.__struct_fields__, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "the management API's reference has them all"
            raise InvalidInput(f"`{name}` is no setting of a gateway: {hint}", "body", name)
        values[name] = _value(value.strip())
    whole = msgspec.to_builtins(settings) | values
    try:
        return msgspec.convert(whole, GatewaySettings)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error).replace(" - at `$.", ": `"), "body") from error


def _value(text: str) -> object:
    if text[:1] in {"{", "[", '"'}:
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise InvalidInput(f"`{text}` is not JSON: {error}") from error
    return read_scalar(text)
