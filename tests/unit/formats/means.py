"""What each format can tell, as far as it differs: the table that properties of all translators go by."""

from __future__ import annotations

from msgspec import Struct

from torana.formats.json import Json, as_list, as_object
from torana.formats.reasoning import ANTHROPIC, GEMINI, RESPONSES

OF_ANOTHER = "skip_thought_signature_validator"
"""What Gemini wants as the signature of another model's call."""


class Means(Struct, frozen=True):
    provider: str
    model: str
    maker: str = ""
    """Whose thoughts it gives back in its requests."""
    refuses: tuple[str, ...] = ()
    """Beginnings of the names of fields that it may refuse in a valid request."""
    rewords: frozenset[str] = frozenset()
    """Knobs that it tells in other words."""
    late_system: str = "system"
    """Who tells what the system says between the turns; `first`: it is told before them all."""
    has_only_chosen: bool = False
    """A tool that must be called by its name is the only one that is told."""


CLAUDE = "claude-sonnet-4-5"
HOSTED_CLAUDE = Means("aws-bedrock", "anthropic.claude-sonnet-4-5-v1:0", ANTHROPIC, late_system="user")
NOVA = Means("aws-bedrock", "us.amazon.nova-pro-v1:0", refuses=("response_format",), late_system="user")
MEANS = {
    "openai_chat": Means("openai", "gpt-5.2"),
    "anthropic_messages": Means("anthropic", CLAUDE, ANTHROPIC, late_system="user"),
    "vertex_claude": Means("google-vertex-ai", CLAUDE, ANTHROPIC, late_system="user"),
    "bedrock_invoke_claude": HOSTED_CLAUDE,
    "bedrock_converse": HOSTED_CLAUDE,
    "bedrock_invoke_nova": NOVA,
    "openai_responses": Means("openai", "gpt-5.6", RESPONSES),
    "cohere": Means("cohere", "command-a-03-2025", "unknown", has_only_chosen=True),
    # Gemini Pro cannot but think.
    "gemini": Means("google-ai-studio", "gemini-3-pro", GEMINI, (), frozenset({"reasoning"}), late_system="first"),
    "ollama": Means("ollama", "qwen3", "unknown", has_only_chosen=True),
    "completions": Means("openai", "gpt-3.5-turbo-instruct", refuses=("messages", "tools", "response_format")),
}


def details_of(message: Json) -> list[Json]:
    """Signed and plain, but for what stands where another model called. Formats may count their blocks otherwise."""
    return [
        {name: value for name, value in detail.items() if name != "index"}
        for detail in map(as_object, as_list(message.get("reasoning_details")))
        if detail.get("data") != OF_ANOTHER
    ]
