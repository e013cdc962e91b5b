"""Paths and bases that lead nowhere, or where they must not; and what is remembered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.errors import CallerError
from torana.providers import PROVIDERS, Provider, table

VERTEX = "v1/projects/p/locations/{}/publishers/google/models/g:generateContent"
FAL = b"x-fal-target-url"


def provider(slug: str, **overrides: str) -> Provider:
    return table(overrides)[slug.encode()]


@pytest.mark.parametrize(
    "path",
    [
        "../v1/keys",
        "chat/../../keys",
        "chat/..",
        "%2e%2e/keys",
        "a/.%2E/b",
        "a/..%2fb",
        "a%2F..%5Cb",
        "a/%252e%252e/b",
        "a\\..\\b",
        "chat completions",
        "chat\r\nhost: evil",
        "a\x00b",
        "a\x7fb",
        "a#b",
        "models?x=a b",
        "models?x=a\r\nhost: evil",
        "models?#",
    ],
)
def test_a_path_that_could_leave_its_place_is_refused(path: str) -> None:
    with pytest.raises(CallerError) as caught:
        provider("openai").locate(path.encode(), [])
    assert caught.value.status == 400


@pytest.mark.parametrize("path", ["a..b/c", "...", "a/%2e/b", "a/b%2Fc", "@cf/x", "a/./b", "x?y=../z"])
def test_dots_that_lead_nowhere_pass(path: str) -> None:
    assert provider("openai").locate(path.encode(), []).path == f"/v1/{path}".encode()


def test_slashes_before_the_path_do_not_make_another_host() -> None:
    assert provider("anthropic").locate(b"//evil.test/v1/messages", []).path == b"/evil.test/v1/messages"
    assert provider("anthropic").locate(b"https://evil.test/", []).origin.host == "api.anthropic.com"


@pytest.mark.parametrize("piece", ["evil.test", "a@b", "a:1", "a%2fb", "-a", "a-", "a_b", "x" * 64, "é"])
@pytest.mark.parametrize(
    ("slug", "path"),
    [
        ("azure-openai", "{}/dep/chat/completions"),
        ("google-vertex-ai", VERTEX),
        ("aws-bedrock", "bedrock-runtime/{}/model/m/invoke"),
        ("aws-bedrock", "bedrock{}./us-east-1/model/m/invoke"),
        ("baseten", "model/{}"),
    ],
)
def test_what_becomes_part_of_a_host_is_one_safe_label(slug: str, path: str, piece: str) -> None:
    with pytest.raises(CallerError):
        provider(slug).locate(path.format(piece).encode(), [])


@pytest.mark.parametrize(
    ("slug", "path"),
    [
        ("azure-openai", "resource"),
        ("azure-openai", "resource/deployment"),
        ("azure-openai", "resource/deployment/"),
        ("google-vertex-ai", "v1/projects/p"),
        ("aws-bedrock", "s3/us-east-1/bucket"),
        ("aws-bedrock", "bedrock-runtime/us-east-1"),
        ("aws-bedrock", ""),
        ("aws-bedrock", "bedrock-runtime//model/m/invoke"),
    ],
)
def test_a_path_that_lacks_its_pieces_is_told_what_it_should_be(slug: str, path: str) -> None:
    with pytest.raises(CallerError, match=slug):
        provider(slug).locate(path.encode(), [])


def test_workers_ai_needs_an_account_unless_the_operator_gave_it() -> None:
    with pytest.raises(CallerError, match="account"):
        provider("workers-ai").locate(b"@cf/a/b", [])
    with pytest.raises(CallerError, match="account"):
        provider("workers-ai").locate(b"@cf/a/b", [], "../evil")
    own = table({"workers-ai": "https://api.cloudflare.com/client/v4/accounts/1/ai"})[b"workers-ai"]
    assert own.locate(b"@cf/a/b", []).path == b"/client/v4/accounts/1/ai/run/@cf/a/b"


def test_accounts_do_not_share_what_is_remembered() -> None:
    workers_ai = provider("workers-ai")
    first, second = (workers_ai.locate(b"@cf/a/b", [], account).path for account in ("a1", "b2"))
    assert b"/a1/" in first
    assert b"/b2/" in second


@pytest.mark.parametrize(
    ("url", "host", "path", "model"),
    [
        ("https://queue.fal.run/fal-ai/flux?a=1", "queue.fal.run", b"/fal-ai/flux?a=1", "fal-ai/flux"),
        ("https://fal.run/fal-ai/flux", "fal.run", b"/fal-ai/flux", "fal-ai/flux"),
        ("https://rest.fal.ai:443/storage/x", "rest.fal.ai", b"/storage/x", ""),
        ("HTTPS://Queue.Fal.Run/a/b/requests/7", "queue.fal.run", b"/a/b/requests/7", "a/b"),
        ("https://fal.run", "fal.run", b"/", ""),
    ],
)
def test_fal_goes_where_its_header_says(url: str, host: str, path: bytes, model: str) -> None:
    target = provider("fal").locate(b"ignored", [(b"accept", b"*/*"), (FAL, url.encode())])
    assert (target.origin.host, target.origin.port, target.origin.is_tls) == (host, 443, True)
    assert (target.path, target.model) == (path, model)
    assert target.drops == {FAL}


@pytest.mark.parametrize(
    "url",
    [
        "http://fal.run/a",
        "https://evil.test/a",
        "https://fal.run.evil.test/a",
        "https://evilfal.run/a",
        "https://fal.run@evil.test/a",
        "https://user:pass@fal.run/a",
        "https://fal.run:8443/a",
        "https://fal.run:x/a",
        "https://evil.test\\.fal.run/a",
        "https://evil.test#.fal.run/a",
        "https://[::1/a",
        "https://fal.run/a b",
        "https://fal.run/a/../b",
        "https://fal.run/a\r\nx: y",
        "//fal.run/a",
        "fal.run/a",
        "",
        "https://fal.rün/a",
    ],
)
def test_fal_goes_nowhere_else(url: str) -> None:
    with pytest.raises(CallerError):
        provider("fal").locate(b"", [(FAL, url.encode())])


@pytest.mark.parametrize(("slug", "path"), [("google-vertex-ai", VERTEX.format("")), ("baseten", "model/")])
def test_a_piece_of_a_host_must_not_be_empty(slug: str, path: str) -> None:
    with pytest.raises(CallerError, match="``"):
        provider(slug).locate(path.encode(), [])


def test_fal_keeps_the_path_of_its_header_under_an_operators_base() -> None:
    target = provider("fal", fal="http://h:1/fal").locate(b"", [(FAL, b"https://queue.fal.run/fal-ai/flux?a=1")])
    assert (target.origin.host, target.origin.port, target.path) == ("h", 1, b"/fal/fal-ai/flux?a=1")


def test_what_is_remembered_is_bounded() -> None:
    openai = provider("openai")
    for number in range(2000):
        openai.locate(b"responses/%d?x=%d" % (number, number), [])
        openai.locate(b"long/" + b"x" * 1000 + b"%d" % number, [])
    assert 0 < len(openai.placed) <= 512


def test_tables_do_not_share_what_is_remembered() -> None:
    one, other = provider("openai"), provider("openai")
    one.locate(b"chat/completions", [])
    assert one.placed
    assert not other.placed
    assert not PROVIDERS["openai"].placed


def test_overrides_are_named_in_any_spelling() -> None:
    assert table({"Google_AI_Studio": "http://h:1"})[b"google-ai-studio"].is_overridden
    assert not table({})[b"google-ai-studio"].is_overridden


def test_an_override_of_nobody_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"`opnai` is not a provider; there are: anthropic, .*openai"):
        table({"opnai": "http://h:1"})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h:1",
        "ftp://h",
        "http://",
        "http:///v1",
        "http://user@h/",
        "http://h/?x=1",
        "http://h/#x",
        "http://h:99999",
        "http://h:x",
        "http://[::1",
        "http://h/a b",
        "http://a b/",
        "http://{region}/",
    ],
)
def test_a_base_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="openai"):
        table({"openai": url})


def test_a_base_may_have_only_its_own_placeholders() -> None:
    with pytest.raises(ValueError, match=r"`\{resource\}`"):
        table({"azure-openai": "https://{region}.test"})


@given(st.sampled_from(sorted(PROVIDERS)), st.binary(max_size=60), st.binary(max_size=30))
def test_any_path_leads_under_its_base_or_is_refused(slug: str, path: bytes, url: bytes) -> None:
    found = table({slug: "http://h:1/base"})[slug.encode()]
    for headers in ([], [(FAL, url)]):
        try:
            target = found.locate(path, headers, "a1")
        except CallerError:
            continue
        assert target.origin.authority == b"h:1"
        assert target.path.startswith((b"/base/", b"/base?")) or target.path == b"/base"
        assert not set(target.path) & {*range(0x21), 0x7F}
        assert b".." not in target.path.partition(b"?")[0].split(b"/")
