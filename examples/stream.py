"""An answer as it comes, with metadata that `torana logs show` has afterwards."""

# ruff: noqa: INP001, T201  # a script for people
from __future__ import annotations

import os

from chat import base_url
from openai import OpenAI


def main() -> None:
    client = OpenAI(api_key=os.environ.get("API_KEY", "none"), base_url=base_url())
    chunks = client.chat.completions.create(
        model=os.environ.get("MODEL", "smollm2-135m-instruct"),
        messages=[{"role": "user", "content": "Name three colours."}],
        max_tokens=40,
        stream=True,
        stream_options={"include_usage": True},  # without it most providers state no usage
        extra_headers={"cf-aig-metadata": '{"team": "docs", "try": 1}'},
    )
    for chunk in chunks:
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
        if chunk.usage is not None:
            print(f"\n{chunk.usage.prompt_tokens} tokens in, {chunk.usage.completion_tokens} out")


if __name__ == "__main__":
    main()
