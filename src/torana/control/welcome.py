"""What a server says of itself at `/`, and the page for where no dashboard is built."""

from __future__ import annotations

import base64
import hashlib
import html

from msgspec import Struct

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f27;--dim:#667085;--line:#e3e6ec;--card:#fff;--page:#f6f7f9;--mark:#b4531a}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--dim:#98a1b0;--line:#2b303a;--card:#181b21;--page:#101216;
--mark:#f0965a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem 1rem;background:var(--page);
color:var(--ink);font:16px/1.6 system-ui,sans-serif}
main{width:min(46rem,100%);background:var(--card);border:1px solid var(--line);border-radius:14px;padding:2.2rem}
h1{margin:0;font-size:1.7rem;letter-spacing:-.02em}
h1 span{color:var(--mark)}
h2{margin:1.8rem 0 .5rem;font-size:.8rem;text-transform:uppercase;letter-spacing:.08em;color:var(--dim)}
p{margin:.3rem 0 0;color:var(--dim)}
pre{margin:0;padding:1rem;white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--line);border-radius:9px;
background:var(--page);font:.84rem/1.55 ui-monospace,monospace}
pre+p{margin-top:.7rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem;margin:0}
dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere;font-family:ui-monospace,monospace;font-size:.9rem}
a{color:var(--mark)}
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Torana</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Torana <span>runs</span></h1>
<p>A self-hosted AI gateway: every model provider behind one URL, with each request logged and priced.</p>
<h2>No dashboard here yet</h2>
<p>Its pages are built from the sources, and in this installation they were not. In a checkout, with Node.js:</p>
<pre>cd dashboard &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<p>Then load this page again; the server need not be started anew. All else works without it.</p>
<h2>This gateway</h2>
<dl>
<dt>URL</dt><dd>{gateway}</dd>
<dt>account</dt><dd>{account}</dd>
<dt>gateway</dt><dd>{gateway_id}</dd>
<dt>version</dt><dd>{version}</dd>
</dl>
<h2>A model on this machine, without a key</h2>
<pre>{curl}</pre>
<h2>Providers, with your key</h2>
<pre>{gateway}/openrouter
{gateway}/openai
{gateway}/anthropic</pre>
<p>Each is the base URL of its provider&#39;s own clients; nothing else changes.</p>
<h2>Every model with one key</h2>
<pre>torana keys create --name me
{router}</pre>
<p>The second line is the base URL of OpenRouter&#39;s and OpenAI&#39;s clients; the first makes their key.</p>
<h2>What happened</h2>
<pre>torana logs --follow</pre>
<p>Figures for Prometheus are at <a href="/metrics">/metrics</a>, health at <a href="/healthz">/healthz</a>
and <a href="/readyz">/readyz</a>.</p>
</main>
</body>
</html>
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class About(Struct, frozen=True):
    """What `/` says as JSON; `url` is empty until the server has one."""

    name: str
    version: str
    url: str
    account_id: str
    gateway_id: str


class Entrance(Struct, frozen=True):
    """What whoever starts the server is told of the dashboard."""

    is_built: bool
    secret: str = ""
    """Of a link that signs in once; empty = there is an owner, who signs in."""


def page(about: About) -> str:
    gateway = f"{about.url}/v1/{about.account_id}/{about.gateway_id}"
    body = '{"model": "smollm2-135m-instruct", "messages": [{"role": "user", "content": "Hello"}]}'
    curl = (
        f"curl -X POST {gateway}/local/v1/chat/completions \\\n"
        f"  --header 'Content-Type: application/json' \\\n  --data '{body}'"
    )
    named = {
        "gateway": gateway,
        "account": about.account_id,
        "gateway_id": about.gateway_id,
        "version": about.version,
        "curl": curl,
        "router": f"{about.url}/api/v1",
    }
    return _PAGE.format(style=_STYLE, **{name: html.escape(value) for name, value in named.items()})


def wants_json(accept: str) -> bool:
    """A browser names HTML; everything else is a program."""
    kinds = [part.partition(";")[0].strip() for part in accept.lower().split(",")]
    return "text/html" not in kinds
