"""Requests of the hub to Bedrock's models, by Converse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.bedrock_converse.messages_from_chat import Conversation
from torana.formats.bedrock_converse.models import model_of
from torana.formats.bedrock_converse.tools_from_chat import tools_from_chat
from torana.formats.bedrock_converse.tuning_from_chat import tune
from torana.formats.json import as_text

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief


def request_from_chat(chat: Json, brief: Brief) -> Json:
    """The model and whether it is to stream stand in the path."""
    model = model_of(as_text(chat.get("model")))
    conversation = Conversation(model, brief)
    conversation.take(chat.get("messages"))
    body: Json = {"messages": conversation.messages}
    if conversation.system:
        body["system"] = conversation.system
    config, own = tools_from_chat(chat, model, conversation.tools_used, brief)
    if config is not None:
        body["toolConfig"] = config
    if own:
        body["additionalModelRequestFields"] = own
    tune(chat, body, model, brief)
    return body
