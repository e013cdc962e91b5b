/** Markdown as models write it, read into a tree: nothing in it is ever HTML. */

import { type Inline, readInline } from "@/lib/markdown-inline";

export type Align = "left" | "center" | "right" | null;

export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "list"; isOrdered: boolean; start: number; items: Block[][] }
  | { kind: "quote"; children: Block[] }
  | { kind: "table"; align: Align[]; head: Inline[][]; rows: Inline[][][] }
  | { kind: "rule" };

/** Lists and quotes within each other; deeper ones are text. */
const DEEPEST = 12;
const FENCE = /^ {0,3}(?:(`{3,})(?!`)([^`]*)|(~{3,})(?!~)(.*))$/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:( {1,4})(?=\S)| *$|( ))/;
const QUOTE = /^ {0,3}> ?/;
const DELIMITERS = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const BLANK = /^\s*$/;

export function readMarkdown(text: string): Block[] {
  return readBlocks(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n"), 0);
}

interface Read {
  block: Block;
  /** The first line after it. */
  next: number;
}

function readBlocks(lines: string[], depth: number): Block[] {
  const found: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    if (BLANK.test(lines[at] ?? "")) {
      at += 1;
      continue;
    }
    const read = readBlock(lines, at, depth);
    found.push(read.block);
    at = read.next;
  }
  return found;
}

function readBlock(lines: string[], at: number, depth: number): Read {
  const line = lines[at] ?? "";
  const heading = HEADING.exec(line);
  if (heading) {
    const children = readInline(heading[2] ?? "");
    return { block: { kind: "heading", level: heading[1]?.length ?? 1, children }, next: at + 1 };
  }
  if (RULE.test(line)) return { block: { kind: "rule" }, next: at + 1 };
  return (
    readCode(lines, at) ??
    (depth < DEEPEST ? (readQuote(lines, at, depth) ?? readList(lines, at, depth)) : null) ??
    readTable(lines, at) ??
    readParagraph(lines, at)
  );
}

/** Without its end it goes on to the end: it is still being written. */
function readCode(lines: string[], at: number): Read | null {
  const opened = FENCE.exec(lines[at] ?? "");
  if (!opened) return null;
  const mark = opened[1] ?? opened[3] ?? "```";
  const info = opened[2] ?? opened[4] ?? "";
  const indent = (lines[at] ?? "").indexOf(mark);
  const end = new RegExp(`^ {0,3}${mark[0] === "~" ? "~" : "`"}{${mark.length},}\\s*$`);
  let next = at + 1;
  while (next < lines.length && !end.test(lines[next] ?? "")) next += 1;
  const dedent = new RegExp(`^ {0,${indent}}`);
  const text = lines
    .slice(at + 1, next)
    .map((line) => line.replace(dedent, ""))
    .join("\n");
  return { block: { kind: "code", language: info.trim().split(/\s/)[0] ?? "", text }, next: next + 1 };
}

function readQuote(lines: string[], at: number, depth: number): Read | null {
  if (!QUOTE.test(lines[at] ?? "")) return null;
  let next = at;
  while (next < lines.length && QUOTE.test(lines[next] ?? "")) next += 1;
  const inner = lines.slice(at, next).map((line) => line.replace(QUOTE, ""));
  return { block: { kind: "quote", children: readBlocks(inner, depth + 1) }, next };
}

function readList(lines: string[], at: number, depth: number): Read | null {
  const first = ITEM.exec(lines[at] ?? "");
  if (!first) return null;
  const sign = (first[2] ?? "").slice(-1);
  const items: Block[][] = [];
  let next = at;
  for (;;) {
    const item = ITEM.exec(lines[next] ?? "");
    if (!item || (item[2] ?? "").slice(-1) !== sign || RULE.test(lines[next] ?? "")) break;
    const end = endOfItem(lines, next, item[0].length);
    const inner = [
      (lines[next] ?? "").slice(item[0].length),
      ...lines.slice(next + 1, end).map((line) => dedented(line, item[0].length)),
    ];
    items.push(readBlocks(inner, depth + 1));
    next = end;
    // A blank line may stand between two items.
    const following = skipBlank(lines, next);
    if (following === next || !ITEM.test(lines[following] ?? "")) {
      if (following !== next) break;
      continue;
    }
    next = following;
  }
  const start = Number.parseInt(first[2] ?? "1", 10);
  return { block: { kind: "list", isOrdered: !Number.isNaN(start), start: start || 1, items }, next };
}

/** Lines that are indented below an item, and those that go on with its paragraph. */
function endOfItem(lines: string[], at: number, width: number): number {
  let next = at + 1;
  while (next < lines.length) {
    const line = lines[next] ?? "";
    if (BLANK.test(line)) {
      const following = skipBlank(lines, next);
      if (following >= lines.length || indentOf(lines[following] ?? "") < Math.min(width, 2)) break;
      next = following;
      continue;
    }
    const isWithin = indentOf(line) >= Math.min(width, 2);
    if (!isWithin && (BLANK.test(lines[next - 1] ?? "") || startsBlock(line))) break;
    next += 1;
  }
  return next;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
const dedented = (line: string, width: number): string => line.slice(Math.min(indentOf(line), width));

function skipBlank(lines: string[], at: number): number {
  let next = at;
  while (next < lines.length && BLANK.test(lines[next] ?? "")) next += 1;
  return next;
}

const startsBlock = (line: string): boolean =>
  FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);

function readTable(lines: string[], at: number): Read | null {
  const [head, marks] = [lines[at] ?? "", lines[at + 1] ?? ""];
  if (!head.includes("|") || !marks.includes("-") || !DELIMITERS.test(marks)) return null;
  const align = cellsOf(marks).map(alignOf);
  const names = cellsOf(head);
  if (names.length !== align.length) return null;
  let next = at + 2;
  const rows: Inline[][][] = [];
  while (next < lines.length && (lines[next] ?? "").includes("|")) {
    const cells = cellsOf(lines[next] ?? "");
    rows.push(align.map((_, place) => readInline(cells[place] ?? "")));
    next += 1;
  }
  return { block: { kind: "table", align, head: names.map(readInline), rows }, next };
}

function cellsOf(line: string): string[] {
  const inner = line
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function alignOf(mark: string): Align {
  if (mark.endsWith(":")) return mark.startsWith(":") ? "center" : "right";
  return mark.startsWith(":") ? "left" : null;
}

function readParagraph(lines: string[], at: number): Read {
  let next = at + 1;
  while (next < lines.length) {
    const line = lines[next] ?? "";
    if (BLANK.test(line) || startsBlock(line) || readTable(lines, next)) break;
    next += 1;
  }
  const text = lines
    .slice(at, next)
    .map((line) => line.trimStart())
    .join("\n");
  return { block: { kind: "paragraph", children: readInline(text.trimEnd()) }, next };
}
