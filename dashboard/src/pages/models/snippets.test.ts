import { expect, it } from "vitest";
import { snippetsFor } from "@/pages/models/snippets";

const WHERE = { url: "http://127.0.0.1:8787", account: "a", gateway: "default" };
const texts = (id: string, gives: string) =>
  snippetsFor({ id, output_modalities: [gives] }, WHERE).map((one) => one.text);

it("a model that chats is asked by its slug, in every language", () => {
  const found = texts("openai/gpt-4o", "text");
  expect(found.length).toBeGreaterThan(4);
  expect(found[0]).toContain("http://127.0.0.1:8787/api/v1/chat/completions");
  for (const text of found) expect(text).toContain("openai/gpt-4o");
});

it.each([
  ["embeddings", "/api/v1/embeddings"],
  ["rerank", "/api/v1/rerank"],
  ["image", "/api/v1/images"],
  ["speech", "/api/v1/audio/speech"],
  ["transcription", "/api/v1/audio/transcriptions"],
])("one that gives %s is asked at a path of its own", (gives, path) => {
  const [text = "", ...others] = texts("a/b", gives);
  expect(others).toEqual([]);
  expect(text).toContain(`http://127.0.0.1:8787${path} `);
  expect(text).toContain("a/b");
});
