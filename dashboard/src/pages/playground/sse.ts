/** Server-sent events out of pieces of text, wherever they were cut. */

export interface ServerEvent {
  /** `message` where the stream says nothing else. */
  name: string;
  data: string;
}

/** Feed it as text comes; ask it for what is left when the stream has ended. */
export class EventReader {
  private rest = "";
  private isFirst = true;
  private name = "";
  private data: string[] = [];

  feed(text: string): ServerEvent[] {
    let all = this.rest + text;
    // A picture is one line of megabytes: it is not gone through again with each piece.
    if (!/[\r\n]/.test(text) && !this.rest.endsWith("\r")) {
      this.rest = all;
      return [];
    }
    if (this.isFirst) {
      this.isFirst = false;
      if (all.startsWith("\ufeff")) all = all.slice(1);
    }
    // A carriage return at the end may be half of a line's end.
    const heldBack = all.endsWith("\r") ? "\r" : "";
    const lines = all.slice(0, all.length - heldBack.length).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + heldBack;
    return this.read(lines);
  }

  /** The standard forgets an event without its empty line; providers that end so meant it. */
  end(): ServerEvent[] {
    const lines = [this.rest.replace(/\r$/, ""), ""];
    this.rest = "";
    return this.read(lines);
  }

  private read(lines: string[]): ServerEvent[] {
    const found: ServerEvent[] = [];
    for (const line of lines) {
      if (line === "") {
        if (this.data.length) found.push({ name: this.name || "message", data: this.data.join("\n") });
        this.name = "";
        this.data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") this.data.push(value);
      else if (field === "event") this.name = value;
    }
    return found;
  }
}
