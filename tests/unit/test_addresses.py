"""What may be connected to for somebody who can only name it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from torana.addresses import Reach, is_public, read_reach

NOBODY = Reach()
PRIVATE_4 = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10")


def within(*networks: str) -> st.SearchStrategy[IPv4Address]:
    spans = [IPv4Network(text) for text in networks]
    return st.one_of(*(st.integers(int(n[0]), int(n[-1])).map(IPv4Address) for n in spans))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.1.2.3", "172.31.0.1", "192.168.0.1", "255.255.255.255"),
        *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"),  # metadata of clouds
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::ffff:0:127.0.0.1", "2002:7f00:1::"),
        *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001::1", "2001:db8::1", "100::1"),
        *("", "localhost", "127.1", "0x7f000001", "2130706433", "1.1.1.1/32", "/run/a.sock"),
    ],
)
def test_what_is_not_the_public_internet_is_not_reached(address: str) -> None:
    assert not NOBODY.permits(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::8.8.8.8", "172.32.0.1"]
)
def test_the_public_internet_is_reached_and_only_over_tls(address: str) -> None:
    assert NOBODY.permits(address)
    assert not NOBODY.permits(address, is_tls=False)


@given(within(*PRIVATE_4))
def test_an_address_in_disguise_is_what_it_stands_for(address: IPv4Address) -> None:
    for text in (str(address), f"::ffff:{address}", f"64:ff9b::{address}"):
        assert not NOBODY.permits(text)


@given(st.one_of(st.integers(0, (1 << 32) - 1).map(IPv4Address), st.integers(0, (1 << 128) - 1).map(IPv6Address)))
def test_what_python_calls_special_is_never_public(address: IPv4Address | IPv6Address) -> None:
    special = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    # NAT64 is special to Python and means an address of the internet to us.
    assume(not str(address).startswith("64:ff9b::"))
    if special or address.is_private or address.is_reserved:
        assert not is_public(address)


@given(st.integers(0, (1 << 128) - 1).map(IPv6Address))
def test_an_ipv6_address_is_public_only_where_addresses_are_given_out(address: IPv6Address) -> None:
    disguised = address.ipv4_mapped is not None or str(address).startswith("64:ff9b::")
    assert not is_public(address) or disguised or str(address)[0] in "23"


@given(st.text(max_size=40))
def test_no_text_breaks_the_check(text: str) -> None:
    NOBODY.permits(text)


def test_networks_that_the_operator_allows_are_reached_also_in_plain_http() -> None:
    reach = read_reach(" 10.0.0.0/8, 192.168.1.5 ,fd00::/8 ")
    assert [reach.permits(a, is_tls=False) for a in ("10.9.9.9", "::ffff:10.0.0.1", "192.168.1.5", "fd12::1")] == [
        True
    ] * 4
    assert [reach.permits(a) for a in ("192.168.1.6", "127.0.0.1", "169.254.169.254")] == [False] * 3
    assert reach.has_private
    assert not reach.is_everything


@pytest.mark.parametrize("text", ["all", "TRUE", "1"])
def test_all_is_all(text: str) -> None:
    reach = read_reach(text)
    assert reach.is_everything
    assert reach.permits("127.0.0.1", is_tls=False)
    assert reach.permits("::1", is_tls=False)


@pytest.mark.parametrize("text", ["", " ", "none", "false", "0"])
def test_none_is_none(text: str) -> None:
    assert read_reach(text) == NOBODY
    assert not NOBODY.has_private


@pytest.mark.parametrize("text", ["10.0.0.0/33", "internal", "10.0.0.0/8;", "all,10.0.0.0/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        read_reach(text)
