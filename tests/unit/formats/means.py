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
    is_plain: bool = False
    """A text of a user is most of what it takes."""
    has_files: bool = True
    """PDFs."""
    has_failures: bool = True
    """That a call failed is told."""
    has_only_chosen: bool = False
    """A tool that must be called by its name is the only one that is told."""


def _small(provider: str, model: str) -> Means:
    """Thoughts have no signatures, and what failed is an object `error` among other results."""
    return Means(provider, model, "unknown", has_files=False, has_failures=False, has_only_chosen=True)


CLAUDE = "claude-sonnet-4-5"
HOSTED_CLAUDE = Means("aws-bedrock", "anthropic.claude-sonnet-4-5-v1:0", ANTHROPIC, late_system="user")
NOVA = Means("aws-bedrock", "us.amazon.nova-pro-v1:0", "", ("response_format",), late_system="user", has_files=False)
MEANS = {
    "openai_chat": Means("openai", "gpt-5.2", has_failures=False),
    "anthropic_messages": Means("anthropic", CLAUDE, ANTHROPIC, late_system="user"),
    "vertex_claude": Means("google-vertex-ai", CLAUDE, ANTHROPIC, late_system="user"),
    "bedrock_invoke_claude": HOSTED_CLAUDE,
    "bedrock_converse": HOSTED_CLAUDE,
    "bedrock_invoke_nova": NOVA,
    "openai_responses": Means("openai", "gpt-5.6", RESPONSES, has_failures=False),
    "cohere": _small("cohere", "command-a-03-2025"),
    # Gemini Pro cannot but think.
    "gemini": Means("google-ai-studio", "gemini-3-pro", GEMINI, (), frozenset({"reasoning"}), late_system="first"),
    "ollama": _small("ollama", "qwen3"),
    "completions": Means(
        "openai", "gpt-3.5-turbo-instruct", "", ("messages", "tools", "response_format"), is_plain=True
    ),
}


def details_of(message: Json) -> list[Json]:
    """Signed and plain, but for what stands where another model called. Formats may count their blocks otherwise."""
    return [
        {name: value for name, value in detail.items() if name != "index"}
        for detail in map(as_object, as_list(message.get("reasoning_details")))
        if detail.get("data") != OF_ANOTHER
    ]
