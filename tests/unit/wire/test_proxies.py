"""Which proxy leads where, by the environment."""

from __future__ import annotations

import base64

import pytest

from torana.message import Origin
from torana.wire.proxies import Proxies, Proxy

PROXY = Proxy("proxy.example", 3128)


def by(environ: dict[str, str], host: str = "api.openai.com", port: int = 443) -> Proxy | None:
    return Proxies(environ).of(Origin(host, port))


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("url", ["http://proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128"])
def test_a_variable_names_the_proxy(name: str, url: str) -> None:
    assert by({name: url}) == PROXY


def test_nothing_is_proxied_without_a_variable() -> None:
    assert by({}) is None
    assert by({"HTTP_PROXY": "http://proxy.example:3128"}) is None


def test_the_first_variable_decides_even_when_it_is_empty() -> None:
    assert by({"https_proxy": "http://proxy.example:3128", "HTTPS_PROXY": "http://other:1"}) == PROXY
    assert by({"https_proxy": "", "ALL_PROXY": "http://other:1"}) is None


def test_credentials_become_a_header_value() -> None:
    proxy = by({"HTTPS_PROXY": "http://us%40er:p%3Ass@proxy.example:3128"})
    assert proxy is not None
    assert proxy.authorization == b"Basic " + base64.b64encode(b"us@er:p:ss")


def test_a_proxy_without_a_port_is_on_80_and_may_be_ipv6() -> None:
    assert by({"HTTPS_PROXY": "http://proxy.example"}) == Proxy("proxy.example", 80)
    assert by({"HTTPS_PROXY": "http://[2001:db8::1]:8080"}) == Proxy("2001:db8::1", 8080)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (
            "https://proxy.example:3128",
            r"`HTTPS_PROXY` names a proxy of the kind `https://`: only `http://` can be used",
        ),
        ("socks5://user:secret@proxy.example", r"`socks5://`"),
        ("http://:3128", r"`HTTPS_PROXY` names no host"),
        ("http://proxy.example:http", r"`HTTPS_PROXY` has a port that is not a number"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_at_once(url: str, what: str) -> None:
    with pytest.raises(ValueError, match=what) as caught:
        Proxies({"HTTPS_PROXY": url})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("no_proxy", "host", "is_direct"),
    [
        ("*", "api.openai.com", True),
        ("openai.com", "openai.com", True),
        ("openai.com", "api.openai.com", True),
        (".openai.com", "api.openai.com", True),
        (".openai.com", "openai.com", True),
        ("openai.com", "notopenai.com", False),
        ("OpenAI.com", "API.openai.COM", True),
        ("openai.com", "api.openai.com.", True),
        ("example.com, openai.com", "openai.com", True),
        ("example.com openai.com", "openai.com", True),
        ("openai.com:443", "openai.com", True),
        ("openai.com:8443", "openai.com", False),
        ("*:8443", "openai.com", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "api.openai.com", False),
        ("2001:db8::/32", "2001:db8::5", True),
        ("2001:db8::5", "2001:db8::5", True),
        ("[2001:db8::5]:443", "2001:db8::5", True),
        ("[2001:db8::5]:444", "2001:db8::5", False),
        ("1.2.3", "91.2.3", False),
        ("", "api.openai.com", False),
    ],
)
def test_exceptions_are_reached_directly(no_proxy: str, host: str, is_direct: bool) -> None:  # noqa: FBT001  # a column
    for name in ("no_proxy", "NO_PROXY"):
        seen = by({"HTTPS_PROXY": "http://proxy.example:3128", name: no_proxy}, host)
        assert seen == (None if is_direct else PROXY)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "LocalHost.", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_never_proxied(host: str) -> None:
    assert by({"HTTPS_PROXY": "http://proxy.example:3128"}, host) is None


def test_a_plain_origin_is_never_proxied() -> None:
    proxies = Proxies({"ALL_PROXY": "http://proxy.example:3128"})
    assert proxies.of(Origin("a.example", 80, is_tls=False)) is None
