"""Says what in src/torana/catalog/models.json does not hold together; with `--write` it also sets it out afresh."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from torana.catalog.curated import Curated, CuratedError, Row, parse
from torana.catalog.prices import Prices
from torana.storage.pricing import builtin_table

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = Path(__file__).parent.parent / "src" / "torana" / "catalog" / "models.json"
_INPUTS = {"text", "image", "file", "audio", "video"}
_OUTPUTS = {"text", "image", "embeddings", "audio", "video", "rerank", "speech", "transcription"}
_TIERS = {"flex", "priority"}
_MOST_SHARE = 10_000


def main() -> int:
    data = TABLE.read_bytes()
    try:
        table = parse(data)
    except CuratedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if "--write" in sys.argv:
        TABLE.write_text(set_out(data))
    complaints = list(faults(table, Prices(builtin_table())))
    if TABLE.read_text() != set_out(data):
        complaints.append("it is not set out as it should be: run scripts/check_models.py --write")
    sys.stderr.writelines(f"{each}\n" for each in complaints)
    return 1 if complaints else 0


def faults(table: Curated, prices: Prices) -> Iterator[str]:
    for row in table.models:
        if row.alias_of:
            continue
        for fault in (*_of_row(row), *_of_prices(row, prices)):
            yield f"{row.id}: {fault}"


def _of_row(row: Row) -> Iterator[str]:
    if row.id != row.id.lower():
        yield "its id is in lower case"
    if not row.name:
        yield "it has no name"
    if strange := set(row.inputs.split("+")) - _INPUTS | set(row.outputs.split("+")) - _OUTPUTS:
        yield f"there is no modality {strange.pop()}"
    if row.output and row.context and row.output > row.context:
        yield "its answers are longer than its context"
    if row.reasoning is not None and "thinking" not in row.parameters.split():
        yield "it reasons and does not take `reasoning`"
    if row.score is not None and not 0 <= row.score <= 1:
        yield "a score is from 0 to 1"


def _of_prices(row: Row, prices: Prices) -> Iterator[str]:
    """What stands in the table and is not offered by anybody helps nobody."""
    if prices.find("openrouter", row.id) is None and not row.hosts:
        yield "nobody serves it"
    for provider, place in row.places():
        if place.price is None and not place.others and prices.find(provider, place.name) is None:
            yield f"no price is known for `{place.name}` of {provider}"
        if set(place.tiers) - _TIERS or not all(0 < share < _MOST_SHARE for share in place.tiers.values()):
            yield f"the tiers of {provider} are thousandths of its price by `flex` and `priority`"


def set_out(data: bytes) -> str:
    """One model a line, so that a change of one is a change of a line."""
    table = json.loads(data, parse_float=Decimal)
    lists = ",\n".join(f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in table["parameters"].items())
    models = ",\n".join(json.dumps(row, ensure_ascii=False, default=_number) for row in table["models"])
    head = f'"version": {json.dumps(table["version"])},\n"parameters": {{\n{lists}\n}}'
    return f'{{\n{head},\n"models": [\n{models}\n]\n}}\n'


def _number(amount: object) -> float:
    """As it was written: the table has no more digits than a float can give back."""
    return float(str(amount))


if __name__ == "__main__":
    sys.exit(main())
