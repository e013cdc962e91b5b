"""Which provider answers a model's name, where, and what is left of the body."""

from __future__ import annotations

import gzip

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import ACCOUNT, JSON_TYPE, gateway, request
from torana.errors import BadChatFormat, CallerError, ToranaError, UnknownProvider
from torana.exchange import Opening
from torana.message import Headers
from torana.providers import PROVIDERS, table
from torana.surfaces import compat
from torana.surfaces import gateway as surface

TABLE = table({})
KEY = (b"authorization", b"Bearer sk-0123456789")


def base(path: str = "chat/completions", headers: Headers | None = None, method: bytes = b"POST") -> Opening:
    asked = request(f"/v1/{ACCOUNT}/default/compat/{path}", b"", headers or [JSON_TYPE, KEY], method)
    place = surface.split(asked.target)
    assert place is not None
    return surface.read(asked, place, gateway(), TABLE)


def asked(model: object) -> bytes:
    return msgspec.json.encode({"model": model, "messages": []})


@pytest.mark.parametrize(
    ("model", "slug", "url", "sent"),
    [
        ("openai/gpt-5-mini", "openai", "api.openai.com/v1/chat/completions", "gpt-5-mini"),
        ("grok/grok-4", "grok", "api.x.ai/v1/chat/completions", "grok-4"),
        ("xai/grok-4", "grok", "api.x.ai/v1/chat/completions", "grok-4"),
        ("groq/openai/gpt-oss-20b", "groq", "api.groq.com/openai/v1/chat/completions", "openai/gpt-oss-20b"),
        ("mistral/mistral-small", "mistral", "api.mistral.ai/v1/chat/completions", "mistral-small"),
        ("deepseek/deepseek-chat", "deepseek", "api.deepseek.com/chat/completions", "deepseek-chat"),
        ("perplexity/sonar", "perplexity-ai", "api.perplexity.ai/chat/completions", "sonar"),
        ("perplexity-ai/sonar", "perplexity-ai", "api.perplexity.ai/chat/completions", "sonar"),
        ("cerebras/gpt-oss-120b", "cerebras", "api.cerebras.ai/v1/chat/completions", "gpt-oss-120b"),
        ("baseten/openai/gpt-oss-120b", "baseten", "api.baseten.co/v1/chat/completions", "openai/gpt-oss-120b"),
        ("parallel/speed", "parallel", "api.parallel.ai/chat/completions", "speed"),
        ("fireworks/a/b", "fireworks", "api.fireworks.ai/inference/v1/chat/completions", "a/b"),
        ("openrouter/openai/gpt-5", "openrouter", "openrouter.ai/api/v1/chat/completions", "openai/gpt-5"),
        (
            "workers-ai/@cf/meta/llama-3.1-8b-instruct",
            "workers-ai",
            f"api.cloudflare.com/client/v4/accounts/{ACCOUNT}/ai/v1/chat/completions",
            "@cf/meta/llama-3.1-8b-instruct",
        ),
        (
            "@cf/meta/llama-3.1-8b-instruct",
            "workers-ai",
            f"api.cloudflare.com/client/v4/accounts/{ACCOUNT}/ai/v1/chat/completions",
            "@cf/meta/llama-3.1-8b-instruct",
        ),
        ("azure-openai/res/gpt-5", "azure-openai", "res.openai.azure.com/openai/v1/chat/completions", "gpt-5"),
        ("local/smollm2", "local", "127.0.0.1/v1/chat/completions", "smollm2"),
    ],
)
def test_a_prefix_names_the_provider_whose_own_endpoint_is_asked(model: str, slug: str, url: str, sent: str) -> None:
    opening, body = compat.derive(base(), asked(model), TABLE)
    target = opening.target
    assert target is not None
    assert (opening.provider, target.provider, target.origin.host + target.path.decode()) == (slug, slug, url)
    assert msgspec.json.decode(body) == {"model": sent, "messages": []}
    assert (target.format.name, opening.path, opening.request_type) == ("openai_chat", "chat/completions", "Compat")
    assert KEY in opening.headers


def test_every_provider_that_speaks_openais_format_is_tried_above() -> None:
    assert len([p for p in PROVIDERS.values() if any(s.format == "openai_chat" for s in p.speaks)]) == 14


@pytest.mark.parametrize(
    ("path", "model", "url", "spoken", "stream_path"),
    [
        ("chat/completions", "anthropic/claude-haiku-4-5", "api.anthropic.com/v1/messages", "anthropic_messages", b""),
        ("responses", "anthropic/claude-haiku-4-5", "api.anthropic.com/v1/messages", "anthropic_messages", b""),
        ("chat/completions", "cohere/command-a", "api.cohere.ai/v2/chat", "cohere", b""),
        (
            "chat/completions",
            "google/gemini-2.5-flash",
            "generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent",
            "gemini",
            b"/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        ),
        (
            "v1/messages",
            "aws-bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse",
            "bedrock_converse",
            b"/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse-stream",
        ),
        ("v1/messages", "mistral/mistral-small", "api.mistral.ai/v1/chat/completions", "openai_chat", b""),
        ("v1/messages", "openai/gpt-5-pro", "api.openai.com/v1/responses", "openai_responses", b""),
        ("chat/completions", "openai/gpt-5-pro", "api.openai.com/v1/responses", "openai_responses", b""),
        ("v2/chat", "openai/gpt-5-mini", "api.openai.com/v1/chat/completions", "openai_chat", b""),
        (
            "embeddings",
            "aws-bedrock/amazon.titan-embed-text-v2:0",
            "bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke",
            "bedrock_invoke",
            b"",
        ),
    ],
)
def test_what_a_provider_does_not_speak_is_to_be_translated(
    path: str, model: str, url: str, spoken: str, stream_path: bytes
) -> None:
    body = asked(model)
    opening, sent = compat.derive(base(path), body, TABLE)
    target, translation = opening.target, opening.translation
    assert target is not None
    assert translation is not None
    assert target.origin.host + target.path.decode() == url
    assert (translation.spoken, translation.stream_path) == (spoken, stream_path)
    assert (translation.model, target.format.name) == (model.partition("/")[2], translation.client)
    assert sent == body, "it is translated when it is sent"


@pytest.mark.parametrize(
    ("path", "model", "target"),
    [
        ("v1/messages?beta=true", "anthropic/claude-haiku-4-5", b"/v1/messages?beta=true"),
        ("v1/messages/count_tokens", "anthropic/claude-haiku-4-5", b"/v1/messages/count_tokens"),
        ("v1/messages", "openrouter/x/y", b"/api/v1/messages"),
        ("responses", "openai/gpt-5", b"/v1/responses"),
        ("responses", "groq/openai/gpt-oss-20b", b"/openai/v1/responses"),
        ("v2/chat", "cohere/command-a", b"/v2/chat"),
    ],
)
def test_who_speaks_the_clients_format_gets_its_bytes(path: str, model: str, target: bytes) -> None:
    opening, body = compat.derive(base(path), asked(model), TABLE)
    assert opening.target is not None
    assert (opening.target.path, opening.translation) == (target, None)
    assert msgspec.json.decode(body)["model"] == model.partition("/")[2]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("v1beta/models/google/gemini-2.5-flash:generateContent", b"/v1beta/models/gemini-2.5-flash:generateContent"),
        (
            "v1beta/models/google%2Fgemini-2.5-flash:streamGenerateContent?alt=sse",
            b"/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        ),
        (
            "v1beta/models/google/gemini-2.5-flash:streamGenerateContent",
            b"/v1beta/models/gemini-2.5-flash:streamGenerateContent",
        ),
        ("v1beta/models/google/gemini-2.5-flash:countTokens", b"/v1beta/models/gemini-2.5-flash:countTokens"),
        ("model/aws-bedrock%2Famazon.nova-lite-v1%3A0/converse", b"/model/amazon.nova-lite-v1%3A0/converse"),
        ("model/aws-bedrock%2Famazon.titan-x/invoke", b"/model/amazon.titan-x/invoke"),
        ("v1beta/models/google/e-1:embedContent", b"/v1beta/models/e-1:embedContent"),
        ("v1beta/models/google/e-1:batchEmbedContents", b"/v1beta/models/e-1:batchEmbedContents"),
    ],
)
def test_a_model_in_the_path_is_led_to_as_the_provider_names_it(path: str, target: bytes) -> None:
    opening, body = compat.derive(base(path), b'{"contents": []}', TABLE)
    assert opening.target is not None
    assert (opening.target.path, body, opening.translation) == (target, b'{"contents": []}', None)


@pytest.mark.parametrize(
    ("path", "body", "spoken", "client"),
    [
        (
            "model/openai%2Fm/invoke",
            b'{"anthropic_version": "x", "messages": []}',
            "openai_chat",
            "bedrock_invoke_claude",
        ),
        ("model/openai%2Fm/invoke", b'{"messages": []}', "openai_chat", "bedrock_invoke_nova"),
        ("v1beta/models/openai/m:embedContent", b"{}", "embeddings", "gemini"),
    ],
)
def test_clients_whose_path_names_the_model_are_translated_too(
    path: str, body: bytes, spoken: str, client: str
) -> None:
    opening, _ = compat.derive(base(path), body, TABLE)
    assert opening.translation is not None
    assert (opening.translation.spoken, opening.translation.client) == (spoken, client)


def test_a_body_of_invoke_that_only_bedrock_knows_goes_nowhere_else() -> None:
    with pytest.raises(UnknownProvider, match="has nothing for this"):
        compat.derive(base("model/openai%2Fm/invoke"), b'{"inputText": "x"}', TABLE)


@pytest.mark.parametrize(
    ("model", "url", "spoken"),
    [
        ("p/us-east5/google/g", "us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5", "gemini"),
        ("p/global/anthropic/c", "aiplatform.googleapis.com/v1/projects/p/locations/global", "vertex_claude"),
    ],
)
def test_vertex_speaks_the_format_of_the_models_publisher(model: str, url: str, spoken: str) -> None:
    opening, _ = compat.derive(base(), asked(f"google-vertex-ai/{model}"), TABLE)
    target, translation = opening.target, opening.translation
    assert target is not None
    assert translation is not None
    assert (target.origin.host + target.path.decode()).startswith(url + "/publishers/" + model.split("/")[2])
    assert (translation.spoken, translation.model) == (spoken, model[-1])


@pytest.mark.parametrize("model", ["mistral/m", "google-ai-studio/gemini-2.5-flash"])
def test_tokens_are_estimated_where_the_provider_does_not_count_in_that_format(model: str) -> None:
    opening, _ = compat.derive(base("v1/messages/count_tokens"), asked(model), TABLE)
    assert opening.translation is not None
    assert opening.translation.is_count


@pytest.mark.parametrize(
    ("path", "target", "format_"),
    [
        ("v1/chat/completions", b"/v1/chat/completions", "openai_chat"),
        ("embeddings", b"/v1/embeddings", "embeddings"),
        ("responses", b"/v1/responses", "openai_responses"),
        ("images/generations", b"/v1/images/generations", "raw"),
    ],
)
def test_every_operation_has_its_path_at_the_provider(path: str, target: bytes, format_: str) -> None:
    opening, _ = compat.derive(base(path), asked("openai/m"), TABLE)
    assert opening.target is not None
    assert (opening.target.path, opening.target.format.name) == (target, format_)


@pytest.mark.parametrize(
    ("path", "model", "target"),
    [
        ("completions?x=1", "gpt-3.5-turbo-instruct", b"/v1/completions?x=1"),
        ("completions", "gpt-4o", b"/v1/chat/completions"),
        ("chat/completions", "davinci-002", b"/v1/completions"),
    ],
)
def test_openais_oldest_models_have_completions_alone_and_the_others_have_none(
    path: str, model: str, target: bytes
) -> None:
    opening, _ = compat.derive(base(path), asked(f"openai/{model}"), TABLE)
    assert opening.target is not None
    assert opening.target.path == target


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"{}", b'{"model": null}', b'{"model": 1}'])
def test_what_has_no_model_is_badly_formed(body: bytes) -> None:
    with pytest.raises(BadChatFormat, match="Chat completion bad format"):
        compat.derive(base(), body, TABLE)


@pytest.mark.parametrize("model", ["gpt-4o", "", "/", "openai/", "/gpt-4o", "azure-openai/res", "azure-openai/res/"])
def test_a_model_without_a_provider_or_a_name_is_badly_formed(model: str) -> None:
    with pytest.raises(BadChatFormat, match="Chat completion bad format"):
        compat.derive(base(), asked(model), TABLE)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("nobody/gpt-4o", "`nobody` of the model"),
        ("elevenlabs/tts", "has nothing for this"),
        ("dynamic/support", "dynamic routes are not there yet"),
        ("cloudflare/auto", "router is not there yet"),
        ("custom-mine/llama", "`custom-mine` of the model"),
    ],
)
def test_a_provider_that_is_not_to_be_had_is_named(model: str, words: str) -> None:
    with pytest.raises(UnknownProvider, match=words):
        compat.derive(base(), asked(model), TABLE)


def test_all_else_in_a_body_survives_in_its_order() -> None:
    body = b'{"messages":[{"content":"\\u00e9"}],"new":{"a":1.50},"model" : "openai/m","big":12345678901234567890}'
    _, sent = compat.derive(base(), body, TABLE)
    assert sent == body.replace(b'"model" : "openai/m"', b'"model":"m"')


def test_a_name_that_is_the_providers_own_leaves_the_bytes_alone() -> None:
    body = b'{ "model": "@cf/m/x",\n "messages": [] }'
    assert compat.derive(base(), body, TABLE)[1] is body


def test_a_compressed_body_is_read_and_sent_plain() -> None:
    found = base(headers=[JSON_TYPE, KEY, (b"content-encoding", b"gzip")])
    opening, body = compat.derive(found, gzip.compress(asked("openai/m")), TABLE)
    assert msgspec.json.decode(body)["model"] == "m"
    assert (opening.coding, dict(opening.headers).get(b"content-encoding")) == (b"", None)


def test_a_head_and_model_that_come_again_have_one_opening() -> None:
    found = base()
    first, _ = compat.derive(found, asked("openai/m"), TABLE)
    again, body = compat.derive(found, asked("openai/m"), TABLE)
    other, _ = compat.derive(found, asked("groq/m"), TABLE)
    assert first is again
    assert other is not first
    assert msgspec.json.decode(body)["model"] == "m"
    for number in range(1000):
        compat.derive(found, asked(f"openai/m{number}"), TABLE)
    assert found.derived is not None
    assert len(found.derived) <= 64


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [(b"GET", "models", "models"), (b"GET", "v1/models", "models"), (b"POST", "chat/completions", "compat")],
)
def test_the_form_is_known_from_the_head(method: bytes, path: str, form: str) -> None:
    assert base(path, method=method).form == form


@pytest.mark.parametrize(
    ("method", "path"), [(b"GET", "chat/completions"), (b"DELETE", "models"), (b"POST", ""), (b"POST", "?x=1")]
)
def test_what_compat_does_not_have_is_told(method: bytes, path: str) -> None:
    refusal = base(path, method=method).refusal
    assert isinstance(refusal, CallerError)
    assert "compat/chat/completions" in refusal.message


def test_models_are_listed_as_they_are_asked_for() -> None:
    known = [("groq", "b"), ("openai", "a"), ("openai", "a"), ("elevenlabs", "x"), ("gone", "y"), ("aws-bedrock", "z")]
    reply = compat.list_models(known, TABLE)
    assert isinstance(reply.body, bytes)
    listed = msgspec.json.decode(reply.body)
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["aws-bedrock/z", "groq/b", "openai/a"]
    for model in listed["data"]:
        assert compat.derive(base(), asked(model["id"]), TABLE)[0].provider == model["owned_by"]


@given(st.text(max_size=40), st.sampled_from(["", "openai/", "azure-openai/", "@cf/"]))
def test_any_model_leads_somewhere_safe_or_is_refused(text: str, prefix: str) -> None:
    try:
        opening, body = compat.derive(base(), asked(prefix + text), TABLE)
    except ToranaError as error:
        assert error.status == 400  # noqa: PT017  # either of the two is right
        return
    target = opening.target
    assert target is not None
    assert target.path.endswith(b"chat/completions")
    assert (prefix + text).endswith(msgspec.json.decode(body)["model"])


@given(st.binary(max_size=60))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    with pytest.raises(ToranaError) as refused:
        compat.derive(base(), body, TABLE)
    assert refused.value.status == 400
