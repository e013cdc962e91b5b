"""What a request takes of the endpoint that serves it, read off its hub form (2.1, 2.3)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETERS = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "top_a",
        "frequency_penalty",
        "presence_penalty",
        "repetition_penalty",
        "max_tokens",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "prediction",
        "seed",
        "stop",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "include_reasoning",
        "reasoning",
        "web_search_options",
        "verbosity",
    }
)
_SAME = {"max_completion_tokens": "max_tokens", "reasoning_effort": "reasoning"}
"""Two names of one thing: who supports either serves both."""
_FIELDS = {name: name for name in (*PARAMETERS, "response_format")} | _SAME
"""Fields of a request that may ask for a parameter, with its name."""
_FORMATS = {
    "json_schema": "structured_outputs",
    "json_object": "response_format",
    "grammar": "response_format",
    "python": "response_format",
}
SOFT = ("tools", "structured_outputs", "response_format", "verbosity")
"""What is asked for only where somebody supports it."""
_PARTS = {
    "image_url": "image",
    "input_image": "image",
    "file": "file",
    "input_file": "file",
    "input_audio": "audio",
    "video_url": "video",
    "input_video": "video",
}


class Needs(Struct, frozen=True, kw_only=True):
    parameters: frozenset[str] = frozenset()
    """Of `supported_parameters`, those that the request sends."""
    soft: tuple[str, ...] = ()
    """Of these, what only endpoints that support it are asked for, if there are any."""
    inputs: frozenset[str] = frozenset()
    """Modalities besides text."""
    outputs: frozenset[str] = frozenset()
    """The same of the answer."""
    tokens_in: int = 0
    """Estimated."""
    max_tokens: int | None = None
    """The most that the answer may have; None = the request does not say."""

    @property
    def has_tools(self) -> bool:
        return "tools" in self.parameters


def read_needs(chat: Mapping[str, object], tokens_in: int = 0) -> Needs:
    """Of a request in hub form; what is malformed in it is for whoever is asked to refuse."""
    found = [
        parameter
        for name, value in chat.items()
        if name in _FIELDS and (parameter := parameter_of(name, value)) is not None
    ]
    parameters, soft = _sets(tuple(found))
    outputs = chat.get("modalities")
    limit = chat.get("max_completion_tokens")
    limit = chat.get("max_tokens") if limit is None else limit
    return Needs(
        parameters=parameters,
        soft=soft,
        inputs=_inputs(chat.get("messages")),
        outputs=frozenset([str(each) for each in outputs if each != "text"])
        if isinstance(outputs, list)
        else frozenset(),
        tokens_in=tokens_in,
        max_tokens=limit if isinstance(limit, int) and not isinstance(limit, bool) else None,
    )


@lru_cache(maxsize=1_024)
def _sets(parameters: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Those that were sent, and of them `SOFT`: made once, as clients send the same ones each time."""
    return frozenset(parameters), tuple(name for name in SOFT if name in parameters)


def parameter_of(name: str, value: object) -> str | None:
    """What a field of a request asks an endpoint to support; None = nothing."""
    if value is None or (name == "tools" and not _has_functions(value)):
        return None
    if name == "response_format":
        return _FORMATS.get(str(value.get("type"))) if isinstance(value, dict) else None
    return _FIELDS.get(name)


def _has_functions(tools: object) -> bool:
    """The router's own tools (`openrouter:…`) never reach an endpoint."""
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict) or not str(tool.get("type")).startswith("openrouter:"):
            return True
    return False


def _inputs(messages: object) -> frozenset[str]:
    found = set[str]()
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            kinds = [str(part.get("type")) for part in content if isinstance(part, dict)]
            found.update([_PARTS[kind] for kind in kinds if kind in _PARTS])
    return frozenset(found)
