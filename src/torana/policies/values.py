"""What is a request of? The values that limits are split and filtered by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from torana.exchange import Exchange

_METADATA = "metadata."
_decode = msgspec.json.Decoder(dict[str, object]).decode


def caller_of(x: Exchange) -> str:
    """The id of the token that the request came with; empty where there was none."""
    caller = x.opening.caller
    return caller.id if caller is not None else ""


def metadata_of(x: Exchange) -> dict[str, str]:
    """The caller's own, as texts: `1` and `"1"` are one value."""
    text = x.opening.options.metadata
    if not text:
        return {}
    return {key: _text(value) for key, value in _decode(text).items() if value is not None}


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


class Values:
    """Reads `gateway`, `token`, `provider`, `model` and `metadata.<key>`; what a request lacks is the empty text."""

    def __init__(self, *kinds: str) -> None:
        self._of_token = "token" in kinds
        self._of_model = "model" in kinds
        self._of_provider = "provider" in kinds
        self._of_metadata = any(kind.startswith(_METADATA) for kind in kinds)
        self.differ = any(kind != "gateway" for kind in kinds)
        """Whether two requests of a gateway may differ in them at all."""

    def key(self, x: Exchange) -> object:
        """The same for requests that do not differ; quicker than reading."""
        return (
            caller_of(x) if self._of_token else "",
            x.log.model if self._of_model else "",
            x.opening.provider if self._of_provider else "",
            x.opening.options.metadata if self._of_metadata else "",
        )

    def read(self, x: Exchange, kind: str) -> str:
        match kind:
            case "token":
                return caller_of(x)
            case "model":
                return x.log.model
            case "provider":
                return x.opening.provider
            case "gateway":
                return ""
        return metadata_of(x).get(kind.removeprefix(_METADATA), "")


def unrepeated(names: list[str]) -> list[str]:
    """Each name once: those that come again get a number, as two rules must not count in one place."""
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        seen[name] = count = seen.get(name, 0) + 1
        names[at] = name if count == 1 else f"{name}#{count}"
    return names
