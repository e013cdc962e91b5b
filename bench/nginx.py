"""nginx, the measure of everything: as mock upstream and as plain reverse proxy."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import trustme
from msgspec import Struct

from bench import messages
from bench.children import Child, NotStarted, listens, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FRAME = """
daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile {open_files};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  proxy_read_timeout 600s;
{servers}
}}
"""


class Authority(Struct, frozen=True):
    """A certificate authority of our own, and a certificate for `localhost` by it."""

    ca: str
    chain: str
    key: str


def make_authority(folder: Path) -> Authority:
    made = Authority(str(folder / "ca.pem"), str(folder / "chain.pem"), str(folder / "key.pem"))
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(made.ca)
    issued.private_key_pem.write_to_path(made.key)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(made.chain, append=True)
    return made


def find() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not found:
        raise NotStarted("nginx is not installed, and it is what we compare with: `apt install nginx-light`")
    return found


def mock(port: int, authority: Authority | None = None) -> str:
    """A server that answers every request with the same completion."""
    tls, lines = "", ""
    if authority:
        tls = " ssl"
        lines = f"ssl_certificate {authority.chain}; ssl_certificate_key {authority.key};"
    return f"""
  server {{
    listen 127.0.0.1:{port}{tls} backlog=4096 reuseport;
    {lines}
    default_type application/json;
    location / {{ return 200 '{messages.ANSWER.decode()}'; }}
  }}"""


def proxy(port: int, upstream_port: int, authority: Authority | None = None, *, buffering: bool = True) -> str:
    """A plain reverse proxy with kept-alive connections to its upstream, verified and with session reuse over TLS."""
    scheme = "https" if authority else "http"
    tls = (
        f"proxy_ssl_verify on; proxy_ssl_trusted_certificate {authority.ca}; proxy_ssl_name localhost; "
        "proxy_ssl_server_name on; proxy_ssl_session_reuse on; proxy_ssl_protocols TLSv1.2 TLSv1.3;"
        if authority
        else ""
    )
    return f"""
  upstream behind_{port} {{ server 127.0.0.1:{upstream_port}; keepalive 512; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096 reuseport;
    location / {{
      proxy_pass {scheme}://behind_{port};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering {"on" if buffering else "off"};
      {tls}
    }}
  }}"""


@contextmanager
def serving(folder: Path, servers: list[str], port: int, core: int | None, connections: int = 4096) -> Iterator[Child]:
    """One nginx process with these servers; ready when `port` answers."""
    folder.mkdir(parents=True, exist_ok=True)
    text = _FRAME.format(
        folder=folder, servers="\n".join(servers), connections=connections, open_files=connections + 256
    )
    config = folder / "nginx.conf"
    config.write_text(text)
    command = [find(), "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]
    with running(command, folder / "output.log", core) as child:
        child.await_(lambda: listens(port), "nginx")
        yield child


def version() -> str:
    said = subprocess.run([find(), "-v"], capture_output=True, text=True, check=True).stderr
    return said.strip().rpartition("/")[2]
