"""How long does a list of logs take in a store of a million? Each filter alone, and windows, through the API."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import sqlalchemy as sa
from msgspec import Struct, field
from starlette.testclient import TestClient

from torana.catalog.prices import Prices
from torana.control import operations, tokens
from torana.control.app import Control, Facts, create_app
from torana.control.log_blocks import Blocks
from torana.control.log_limits import note_stored
from torana.control.metrics import Metrics
from torana.control.turns import SharedIngester
from torana.settings import resolve
from torana.storage.sql import insert_new
from torana.storage.tables import logs

if TYPE_CHECKING:
    from torana.control.operations import Store

PROVIDERS = {
    "openai": 50,
    "anthropic": 20,
    "openrouter": 12,
    "google-ai-studio": 8,
    "groq": 6,
    "mistral": 3,
    "local": 1,
}
MODELS = {f"model-{number}": 1 / (number + 1) for number in range(60)}
FAILURES = (400, 401, 429, 500, 502)
ATTEMPTS = '[{"provider":"openai","model":"gpt-4o","status":200,"started_s":0.0001,"first_byte_s":0.41,"ended_s":0.41}]'
START_MS = 1_795_000_000_000
STEP_MS = 2_592
BATCH = 20_000

# Fits many, a few in a hundred thousand, or none: the last is the slowest where every log must be looked at.
FILTERS: tuple[tuple[str, str, object], ...] = (
    ("provider", "eq", "openai"),
    ("provider", "eq", "nobody"),
    ("provider", "neq", "openai"),
    ("model", "eq", "model-3"),
    ("model", "eq", "nothing"),
    ("success", "eq", True),
    ("success", "eq", False),
    ("cached", "eq", True),
    ("cost", "gt", 0.01),
    ("cost", "gt", 5),
    ("cost", "gt", 5_000),
    ("cost", "eq", None),
    ("tokens_in", "gt", 5_000),
    ("tokens_in", "gt", 5_000_000),
    ("tokens_out", "lt", 1),
    ("tokens", "gt", 5_000_000),
    ("duration", "gt", 5_000),
    ("duration", "gt", 5_000_000),
    ("feedback", "eq", 1),
    ("feedback", "eq", -1),
    ("created_at", "gt", "2026-11-29T00:00:00Z"),
    ("created_at", "lt", "2026-11-29T00:00:00Z"),
    ("event_id", "eq", "{event_id}"),
    ("event_id", "eq", "nothing"),
    ("id", "eq", "{id}"),
    ("metadata.key", "eq", "user"),
    ("metadata.value", "eq", "user-77"),
    ("user_agent", "contains", "python"),
    ("user_agent", "neq", "OpenAI/Python 3.1.0"),
    ("metadata.value", "eq", "nobody"),
    ("metadata.value", "contains", "r-123"),
    ("metadata.key", "eq", "nothing"),
    ("user_agent", "contains", "nothing"),
    ("model", "contains", "nothing"),
    ("model", "contains", "-59"),
    ("request_type", "eq", "nothing"),
    ("request_content_type", "eq", "nothing"),
    ("response_content_type", "neq", "application/json"),
    ("model_type", "eq", "nothing"),
    ("authentication", "eq", True),
    ("compatibilityMode", "eq", True),
    ("dlp_action", "eq", "nothing"),
    ("tokens_in", "eq", None),
    ("tokens", "eq", 900),
    ("tokens", "eq", 5_001.5),
    ("cost", "eq", 0.012345678),
    ("duration", "eq", 1234.567),
    ("tokens_in", "eq", 12_345),
)
SLOW: tuple[tuple[str, str, object], ...] = (("metadata.value", "contains", "er-"),)
"""What blocks do not tell: what is in very many terms."""
NEWER = 40
"""Logs that were stored after a moment."""
WINDOWS: tuple[tuple[str, dict[str, object]], ...] = (
    ("the first, with its total", {}),
    ("500 rows", {"limit": 500}),
    ("100,000 down", {"offset": 100_000}),
    ("500,000 down", {"offset": 500_000}),
    ("500,000 down, after others came", {"offset": 500_000, "anchor_id": "{moment}"}),
    ("900,000 down", {"offset": 900_000}),
    ("tail, nothing came", {"after_id": "{newest}"}),
    (f"tail, {NEWER} came", {"after_id": "{moment}"}),
    (f"tail, {NEWER} came, none fits", {"after_id": "{moment}", "error": "nothing"}),
    ("status 4xx", {"status": "4xx"}),
    ("status 404, of which there is none", {"status": "404"}),
    ("by cost", {"order_by": "cost"}),
    ("credential, in no index", {"credential": "nothing"}),
)


def fill(store: Store, account_id: str, count: int) -> str:
    """The id of one log in the middle."""
    dice = random.Random(1)
    blocks = Blocks(store.database.writer)
    insert = insert_new(store.database.writer, logs, "seq", "feedback", "score")
    chosen = ""
    for start in range(0, count, BATCH):
        providers = dice.choices(list(PROVIDERS), list(PROVIDERS.values()), k=BATCH)
        models = dice.choices(list(MODELS), list(MODELS.values()), k=BATCH)
        rows = []
        for number in range(start, min(start + BATCH, count)):
            now = START_MS + number * STEP_MS
            id_ = str(uuid.UUID(int=(now << 80) | (7 << 76) | (2 << 62) | dice.getrandbits(62)))
            chosen = id_ if number == count // 2 else chosen
            rows.append(row(dice, account_id, id_, now, providers[number - start], models[number - start]))
        with store.database.writer.begin() as connection:
            connection.exec_driver_sql(insert, rows)
            blocks.add(connection, rows)
            note_stored(connection, Counter({(account_id, "default"): len(rows)}), len(rows))
    with store.database.writer.begin() as connection:
        rated = sa.update(logs).where(logs.c.seq % 1000 == 0).values(feedback=1)
        connection.execute(rated)
    return chosen


def row(dice: random.Random, account_id: str, id_: str, now: int, provider: str, model: str) -> tuple[object, ...]:
    status = 200 if dice.random() > 0.02 else dice.choice(FAILURES)
    duration = int(dice.lognormvariate(14, 1))
    tokens_in, tokens_out = int(dice.lognormvariate(6, 1)) + 1, int(dice.lognormvariate(5, 1)) + 1
    metadata = f'{{"user":"user-{dice.randrange(5000)}","plan":"paid"}}' if dice.random() < 0.5 else ""
    return (
        *(id_, account_id, "default", id_, now, provider, model, "openai_chat", "POST", "chat/completions"),
        *(status, duration, duration // 2, False, dice.random() < 0.1, False, False, 0, ""),
        *(tokens_in, tokens_out, 0, 0, 0, 0, 0, 0),
        *(tokens_in * 2_500 + tokens_out * 10_000, "table", "2026-11-01", ATTEMPTS, metadata, ""),
        *("OpenAI/Python 3.1.0", "", "application/json", "application/json", "", 812, 905, False, False, None),
        *(None, None, None, None),
    )


def client(store: Store, folder: Path, account_id: str) -> TestClient:
    wish = tokens.Wish(name="bench", permissions=["read"])
    token = tokens.create_token(store, account_id, wish).text
    ingester = SharedIngester(store.database.writer, folder / "journal", Prices(None), folder / "ingest.lock")
    metrics = Metrics(ingester, folder / "journal", folder / "statistics")
    app = create_app(Control(store, ingester.run_once, metrics, Facts(account_id, "default", str)))
    return TestClient(app, headers={"authorization": f"Bearer {token}"})


class Times(Struct):
    """Milliseconds of each call: by the clock, and of this process's CPU, which others do not lengthen much."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def __add__(self, more: Times) -> Times:
        return Times(self.wall + more.wall, self.cpu + more.cpu)


def times_ms(asking: TestClient, url: str, rounds: int) -> Times:
    found = Times()
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        answer = asking.get(url)
        found.wall.append((time.perf_counter() - began) * 1000)
        found.cpu.append((time.process_time() - used) * 1000)
        assert answer.status_code == 200, answer.text
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = operations.open_store(resolve({"data_dir": name}, {}))
        account_id = operations.ensure_default(store).id
        began = time.perf_counter()
        log_id = fill(store, account_id, given.logs)
        size = (folder / "torana.db").stat().st_size / given.logs
        print(f"{given.logs:,} logs in {time.perf_counter() - began:.0f} s, {size:.0f} bytes each with their indexes")
        base = f"/client/v4/accounts/{account_id}/ai-gateway/gateways/default/logs"
        with client(store, folder, account_id) as asking:
            print(f"{'':36}{'median':>9} {'p95':>9}  ms {'median':>9} {'p95':>9}  ms of CPU")
            show("no filter", times_ms(asking, base, given.rounds))
            every = Times()
            for key, operator, value in FILTERS:
                every = every + ask(
                    asking, base, given.rounds, key, operator, log_id if str(value).startswith("{") else value
                )
            show("all of these filters together", every)
            print("\nwhere blocks tell nothing:")
            for key, operator, value in SLOW:
                ask(asking, base, max(3, given.rounds // 5), key, operator, value)
            print("\nwindows:")
            look_through(asking, base + "/window", given.rounds)
        store.close()


def look_through(asking: TestClient, url: str, rounds: int) -> None:
    info = asking.get(url).json()["result_info"]
    [row] = asking.get(f"{url}?limit=1&offset={NEWER}").json()["result"]
    moments = {"{newest}": info["anchor_id"], "{moment}": row["id"]}
    for name, query in WINDOWS:
        told = {key: moments.get(str(value), value) for key, value in query.items()}
        show(name, times_ms(asking, f"{url}?{urlencode(told)}", rounds))


def ask(asking: TestClient, base: str, rounds: int, key: str, operator: str, value: object) -> Times:
    filters = json.dumps([{"key": key, "operator": operator, "value": [value]}])
    found = times_ms(asking, f"{base}?{urlencode({'filters': filters})}", rounds)
    show(f"{key} {operator} {str(value)[:20]}", found)
    return found


def show(name: str, found: Times) -> None:
    print(
        f"{name:36}{median(found.wall):9.1f} {p95(found.wall):9.1f}     {median(found.cpu):9.1f} {p95(found.cpu):9.1f}"
    )


def p95(found: list[float]) -> float:
    return sorted(found)[int(len(found) * 0.95)]


if __name__ == "__main__":
    main()
