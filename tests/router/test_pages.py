"""Pages of any origin may ask models, and read what comes."""

from __future__ import annotations

import httpx
import pytest

from router.stage import Router

ORIGIN = {"origin": "https://page.test"}


@pytest.mark.parametrize(("key", "status"), [("", 401), ("good", 200)])
def test_an_answer_may_be_read_by_a_page(router: Router, key: str, status: int) -> None:
    headers = ORIGIN | ({"authorization": f"Bearer {router.key}"} if key else {})
    body = {"model": "acme/oracle", "messages": [{"role": "user", "content": "What is Cloudflare?"}]}
    with httpx.Client(trust_env=False, timeout=60) as client:
        answer = client.post(f"{router.url}/chat/completions", json=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-generation-id" in answer.headers["access-control-expose-headers"]


def test_a_page_is_told_beforehand_that_it_may(router: Router) -> None:
    asked = ORIGIN | {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    with httpx.Client(trust_env=False, timeout=60) as client:
        answer = client.request("OPTIONS", f"{router.url}/chat/completions", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
