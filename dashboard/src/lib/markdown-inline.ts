/** Markdown within a line. */

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong" | "em" | "del"; children: Inline[] }
  | { kind: "link"; href: string; children: Inline[] }
  | { kind: "break" };

const DEEPEST = 8;
/** Characters of a link's label, and of its address. */
const LONGEST = 1000;
/** Plain text up to the next character that may mean something. */
const PLAIN = /[^\\`*_~[!<h\n]+/y;
const URL = /https?:\/\/[^\s<>"'`]*[^\s<>"'`.,:;!?)\]*_~]/y;
const ANGLED = /<(https?:\/\/[^\s<>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>/y;
const ESCAPED = /\\([!-/:-@[-`{-~])/y;
const SAFE = /^(https?:|mailto:)/i;

export function readInline(text: string, depth = 0): Inline[] {
  return new Reader(text, depth).read();
}

class Reader {
  private readonly found: Inline[] = [];
  private at = 0;
  private middle = -2;
  /** Marks that have no partner further on: they are not looked for twice. */
  private readonly lonely = new Set<string>();

  constructor(
    private readonly text: string,
    private readonly depth: number,
  ) {}

  read(): Inline[] {
    while (this.at < this.text.length) {
      const plain = this.match(PLAIN);
      if (plain) this.say(plain[0]);
      else if (!this.special()) this.say(this.text[this.at++] ?? "");
    }
    return this.found;
  }

  private special(): boolean {
    switch (this.text[this.at]) {
      case "\\":
        return this.escaped();
      case "`":
        return this.code();
      case "*":
      case "_":
        return this.marked("strong", 2) || this.marked("em", 1);
      case "~":
        return this.marked("del", 2);
      case "[":
        return this.link(this.at);
      case "!":
        // Pictures of a model's choice are not fetched: asking for one would tell its server what was said.
        return this.text[this.at + 1] === "[" && this.link(this.at + 1);
      case "<":
        return this.angled();
      case "h":
        return this.bare();
      default:
        return this.lineEnd();
    }
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  private say(text: string): void {
    const last = this.found.at(-1);
    if (last?.kind === "text") last.text += text;
    else this.found.push({ kind: "text", text });
  }

  private escaped(): boolean {
    if (this.text[this.at + 1] === "\n") {
      this.at += 2;
      this.found.push({ kind: "break" });
      return true;
    }
    const found = this.match(ESCAPED);
    if (found) this.say(found[1] ?? "");
    return Boolean(found);
  }

  private lineEnd(): boolean {
    const last = this.found.at(-1);
    const isBreak = last?.kind === "text" && last.text.endsWith("  ");
    if (last?.kind === "text") last.text = last.text.trimEnd();
    this.at += 1;
    // Models mean the end of a line where they write one.
    if (isBreak) this.found.push({ kind: "break" });
    else this.say("\n");
    return true;
  }

  private code(): boolean {
    const mark = /`+/y;
    mark.lastIndex = this.at;
    const opened = mark.exec(this.text)?.[0] ?? "`";
    const end = this.partner(opened, this.at + opened.length, "`");
    if (end < 0) {
      this.say(opened);
    } else {
      const inner = this.text.slice(this.at + opened.length, end).replaceAll("\n", " ");
      const text = /^ .*[^ ].* $/.test(inner) ? inner.slice(1, -1) : inner;
      this.found.push({ kind: "code", text });
      this.at = end;
    }
    this.at += opened.length;
    return true;
  }

  /** Where the same mark stands again, and no longer run of it; -1 = nowhere. */
  private partner(mark: string, from: number, sign: string): number {
    if (this.lonely.has(mark)) return -1;
    for (let at = this.text.indexOf(mark, from); at >= 0; at = this.text.indexOf(mark, at)) {
      let end = at;
      while (this.text[end] === sign) end += 1;
      if (end - at === mark.length) return at;
      at = end;
    }
    this.lonely.add(mark);
    return -1;
  }

  private marked(kind: "strong" | "em" | "del", size: number): boolean {
    const sign = this.text[this.at] ?? "";
    const mark = sign.repeat(size);
    if (this.depth >= DEEPEST || !this.text.startsWith(mark, this.at) || this.lonely.has(`${kind}${mark}`))
      return false;
    const from = this.at + size;
    if (/^\s|^$/.test(this.text.slice(from, from + 1)) || (sign === "_" && /\w/.test(this.text[this.at - 1] ?? ""))) {
      return false;
    }
    const end = this.closing(mark, from);
    if (end < 0) {
      this.lonely.add(`${kind}${mark}`);
      return false;
    }
    this.found.push({ kind, children: readInline(this.text.slice(from, end), this.depth + 1) });
    this.at = end + size;
    return true;
  }

  /** A mark that ends something: after a letter, not within code, and no part of a longer mark. */
  private closing(mark: string, from: number): number {
    const sign = mark[0] ?? "";
    for (let at = from; at < this.text.length; at += 1) {
      const one = this.text[at];
      if (one === "\\") at += 1;
      else if (one === "`") at = this.afterCode(at) - 1;
      else if (one === sign) {
        let end = at;
        while (this.text[end] === sign) end += 1;
        const isEnding = !/\s/.test(this.text[at - 1] ?? " ") && !(sign === "_" && /\w/.test(this.text[end] ?? ""));
        if (isEnding && at > from && (end - at === mark.length || end - at === 3))
          return end - at === 3 ? end - mark.length : at;
        at = end - 1;
      }
    }
    return -1;
  }

  private afterCode(at: number): number {
    let end = at;
    while (this.text[end] === "`") end += 1;
    const closed = this.partner(this.text.slice(at, end), end, "`");
    return closed < 0 ? end : closed + (end - at);
  }

  private link(at: number): boolean {
    if (this.depth >= DEEPEST) return false;
    const middle = this.middleOfLink(at);
    if (middle < 0 || middle - at > LONGEST) return false;
    const label = this.text.slice(at + 1, middle);
    const end = this.endOfAddress(middle + 2);
    if (end < 0 || label.includes("\n\n") || /(?<!\\)\[/.test(label)) return false;
    const href =
      this.text
        .slice(middle + 2, end)
        .trim()
        .split(/\s/)[0]
        ?.replace(/^<|>$/g, "") ?? "";
    const children = readInline(label || href, this.depth + 1);
    if (SAFE.test(href)) this.found.push({ kind: "link", href, children });
    else this.found.push(...children);
    this.at = end + 1;
    return true;
  }

  /** Looked for once, however many brackets come before it; -1 = there is none. */
  private middleOfLink(at: number): number {
    if (this.middle !== -1 && this.middle < at) this.middle = this.text.indexOf("](", at);
    return this.middle;
  }

  /** Addresses may have pairs of parentheses in them. */
  private endOfAddress(from: number): number {
    let open = 0;
    const most = Math.min(this.text.length, from + LONGEST);
    for (let at = from; at < most && this.text[at] !== "\n"; at += 1) {
      if (this.text[at] === "(") open += 1;
      else if (this.text[at] === ")") {
        if (open === 0) return at;
        open -= 1;
      }
    }
    return -1;
  }

  private angled(): boolean {
    const found = this.match(ANGLED);
    if (!found) return false;
    const address = found[1] ?? "";
    this.address(address, SAFE.test(address) ? address : `mailto:${address}`);
    return true;
  }

  private bare(): boolean {
    if (/\w/.test(this.text[this.at - 1] ?? "")) return false;
    const found = this.match(URL);
    if (found) this.address(found[0], found[0]);
    return Boolean(found);
  }

  private address(text: string, href: string): void {
    this.found.push({ kind: "link", href, children: [{ kind: "text", text }] });
  }
}
