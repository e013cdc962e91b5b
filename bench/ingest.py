"""What does storing a log cost? CPU per record and bytes on disk, for records like those of `make bench`."""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import random
import tempfile
import time
import uuid
from pathlib import Path

from msgspec import structs

from bench import messages
from torana.control import operations
from torana.control.ingest import Ingester
from torana.exchange import Attempt, Usage
from torana.journal import Journal, Record
from torana.settings import resolve
from torana.storage import pricing

WORDS = Path(__file__).read_text().split()
REQUEST_HEADERS = [
    (b"host", b"127.0.0.1:8787"),
    (b"user-agent", b"OpenAI/Python 3.1.0"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"content-type", b"application/json"),
    (b"authorization", b"***"),
    (b"x-stainless-lang", b"python"),
    (b"x-stainless-os", b"Linux"),
    (b"x-stainless-arch", b"x64"),
    (b"x-stainless-runtime", b"CPython"),
    (b"x-stainless-retry-count", b"0"),
    (b"content-length", b"812"),
]
REPLY_HEADERS = [
    (b"content-type", b"application/json"),
    (b"openai-organization", b"user"),
    (b"openai-processing-ms", b"412"),
    (b"openai-version", b"2020-10-01"),
    (b"x-ratelimit-limit-requests", b"10000"),
    (b"x-ratelimit-remaining-requests", b"9999"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
]


def text(dice: random.Random, size: int) -> str:
    out: list[str] = []
    while size > 0:
        out.append(dice.choice(WORDS))
        size -= len(out[-1]) + 1
    return " ".join(out)


def record(dice: random.Random, number: int) -> Record:
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": text(dice, 700)}], "max_tokens": 200}
    message = {"role": "assistant", "content": text(dice, 500), "refusal": None}
    answer = {
        "id": f"chatcmpl-{dice.getrandbits(120):x}",
        "object": "chat.completion",
        "created": 1_795_000_000 + number,
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 180, "completion_tokens": 130, "total_tokens": 310},
    }
    now = 1_795_000_000_000 + number
    return Record(
        id=str(uuid.UUID(int=(now << 80) | (7 << 76) | (2 << 62) | dice.getrandbits(62))),
        account_id="0123456789abcdef0123456789abcdef",
        gateway_id="default",
        event_id=f"{dice.getrandbits(128):032x}",
        provider="openai",
        model="gpt-4o",
        format="openai_chat",
        method="POST",
        path="chat/completions",
        status=200,
        duration_s=0.412,
        first_byte_s=0.411,
        is_stream=False,
        cached=False,
        cancelled=False,
        is_broken=False,
        step=0,
        error="",
        usage=Usage(tokens_in=180, tokens_out=130),
        attempts=[Attempt("openai", "gpt-4o", 200, 0.0001, 0.411, 0.412)],
        metadata=f'{{"user":"user-{dice.randrange(5_000)}","plan":"paid"}}',
        custom_cost="",
        user_agent="OpenAI/Python 3.1.0",
        request_type="",
        request_content_type="application/json",
        response_content_type=b"application/json",
        response_encoding=b"",
        request_size=812,
        response_size=905,
        is_truncated=False,
        request_headers=REQUEST_HEADERS,
        request_body=json.dumps(asked).encode(),
        response_headers=[*REPLY_HEADERS, (b"x-request-id", f"req_{dice.getrandbits(128):032x}".encode())],
        response_body=json.dumps(answer).encode(),
    )


def plain(dice: random.Random, number: int) -> Record:
    """As `make bench` has them: one caller who always asks the same, and says nothing for the log."""
    made = record(dice, number)
    taken = 0.001 + dice.random() / 500
    return structs.replace(
        made,
        event_id="",
        metadata="",
        duration_s=taken,
        first_byte_s=taken * 0.9,
        attempts=[Attempt("openai", "gpt-4o", 200, 0.0001, taken * 0.9, taken)],
        request_body=messages.REQUEST,
        response_headers=REPLY_HEADERS[:1],
        response_body=messages.ANSWER,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--plain", action="store_true", help="records like those of `make bench`: all of them alike")
    parser.add_argument("--each-pass", type=int, default=0, help="records a pass finds; 0 = all of them at once")
    given = parser.parse_args()
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        store = operations.open_store(resolve({"data_dir": folder}, {}))
        journal = Journal(Path(folder, "journal"), "bench", 8 << 30)
        prices = pricing.load_from(pricing.builtin_table())
        ingester = Ingester(store.database.writer, Path(folder, "journal"), prices, Path(folder, "ingest.lock"))
        profile = cProfile.Profile()
        cpu = wall = 0.0
        written, raw = 0, 0
        journal.open()
        while written < given.records:
            for _ in range(given.each_pass or given.records):
                made = plain(dice, written) if given.plain else record(dice, written)
                fields = [*made.request_headers, *made.response_headers]
                raw += len(made.request_body) + len(made.response_body) + sum(len(n) + len(v) + 4 for n, v in fields)
                written += journal.append(made)
            if written >= given.records:
                journal.close()
            began, used = time.perf_counter(), time.process_time()
            if given.profile:
                profile.runcall(ingester.run_once)
            else:
                ingester.run_once()
            cpu += time.process_time() - used
            wall += time.perf_counter() - began
        store.close()
        on_disk = Path(folder, "torana.db").stat().st_size
        print(f"{ingester.stored} records: {cpu / written * 1e6:.1f} us CPU each, {written / wall:,.0f} a second")
        print(f"heads and bodies {raw / written:.0f} bytes each, on disk {on_disk / written:.0f} with the row")
        if given.profile:
            pstats.Stats(profile).sort_stats("tottime").print_stats(20)


if __name__ == "__main__":
    main()
