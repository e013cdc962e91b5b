"""The translations there are, by the name of their format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats import cohere, completions, ollama, openai_chat

if TYPE_CHECKING:
    from torana.formats.translation import Translator

_FOLDERS = (openai_chat, cohere, completions, ollama)

TRANSLATORS: dict[str, Translator] = {folder.TRANSLATOR.name: folder.TRANSLATOR for folder in _FOLDERS}
