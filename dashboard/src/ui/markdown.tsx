/** Text of a model, shown as it meant it: elements of ours alone, never its HTML. */

import { memo, type ReactNode } from "react";
import { type Block, readMarkdown } from "@/lib/markdown";
import type { Inline } from "@/lib/markdown-inline";
import { CopyButton } from "@/ui/copy-button";

export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="flex min-w-0 flex-col gap-3 text-sm leading-relaxed break-words">
      {readMarkdown(text).map(toBlock)}
    </div>
  );
});

const HEADINGS = ["text-base font-semibold", "text-base font-semibold", "text-sm font-semibold"];

// biome-ignore-start lint/suspicious/noArrayIndexKey: parts of a text have nothing but their places
function toBlock(block: Block, key: number): ReactNode {
  switch (block.kind) {
    case "paragraph":
      return (
        <p key={key} className="m-0 whitespace-pre-wrap">
          {block.children.map(toInline)}
        </p>
      );
    case "heading":
      // Below the headings of the page, whatever the model took itself for.
      return (
        <p key={key} className={`m-0 mt-1 ${HEADINGS[block.level - 1] ?? "text-sm font-medium"}`}>
          <strong className="font-[inherit]">{block.children.map(toInline)}</strong>
        </p>
      );
    case "code":
      return <Fence key={key} language={block.language} text={block.text} />;
    case "list":
      return <Items key={key} block={block} />;
    case "quote":
      return (
        <blockquote key={key} className="m-0 flex flex-col gap-3 border-l-2 border-kumo-line pl-3 text-kumo-subtle">
          {block.children.map(toBlock)}
        </blockquote>
      );
    case "table":
      return <Cells key={key} block={block} />;
    default:
      return <hr key={key} className="m-0 w-full border-0 border-t border-kumo-line" />;
  }
}

function Items({ block }: { block: Extract<Block, { kind: "list" }> }) {
  const items = block.items.map((item, key) => (
    <li key={key} className="pl-0.5">
      <div className="flex flex-col gap-1.5">{item.map(toBlock)}</div>
    </li>
  ));
  const look = "m-0 flex list-outside flex-col gap-1.5 pl-5 marker:text-kumo-subtle";
  return block.isOrdered ? (
    <ol start={block.start} className={`${look} list-decimal`}>
      {items}
    </ol>
  ) : (
    <ul className={`${look} list-disc`}>{items}</ul>
  );
}

const ALIGN = { left: "text-left", center: "text-center", right: "text-right" };

function Cells({ block }: { block: Extract<Block, { kind: "table" }> }) {
  const align = (place: number) => ALIGN[block.align[place] ?? "left"];
  return (
    <section
      aria-label="Table"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
      className="overflow-x-auto rounded-md border border-kumo-line"
    >
      <table className="w-full border-collapse text-sm">
        <thead className="bg-kumo-recessed">
          <tr>
            {block.head.map((cell, key) => (
              <th key={key} scope="col" className={`px-2.5 py-1.5 font-medium ${align(key)}`}>
                {cell.map(toInline)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, place) => (
            <tr key={place} className="border-t border-kumo-hairline">
              {row.map((cell, key) => (
                <td key={key} className={`px-2.5 py-1.5 align-top ${align(key)}`}>
                  {cell.map(toInline)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Fence({ language, text }: { language: string; text: string }) {
  return (
    <div className="min-w-0 overflow-hidden rounded-md border border-kumo-line bg-kumo-recessed">
      <div className="flex items-center justify-between border-b border-kumo-hairline py-0.5 pr-1 pl-3 text-xs text-kumo-subtle">
        <span>{language || "code"}</span>
        <CopyButton text={text} />
      </div>
      <section
        aria-label={`Code${language ? ` in ${language}` : ""}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        className="overflow-x-auto"
      >
        <pre className="m-0 p-3 font-mono text-xs leading-relaxed whitespace-pre">{text}</pre>
      </section>
    </div>
  );
}

function toInline(one: Inline, key: number): ReactNode {
  switch (one.kind) {
    case "text":
      return one.text;
    case "code":
      return (
        <code key={key} className="rounded bg-kumo-recessed px-1 py-0.5 font-mono text-[0.9em]">
          {one.text}
        </code>
      );
    case "break":
      return <br key={key} />;
    case "link":
      return (
        <a
          key={key}
          href={one.href}
          target="_blank"
          rel="noopener noreferrer nofollow"
          className="text-kumo-link underline"
        >
          {one.children.map(toInline)}
        </a>
      );
    case "strong":
      return <strong key={key}>{one.children.map(toInline)}</strong>;
    case "em":
      return <em key={key}>{one.children.map(toInline)}</em>;
    default:
      return <del key={key}>{one.children.map(toInline)}</del>;
  }
}
// biome-ignore-end lint/suspicious/noArrayIndexKey: as above
