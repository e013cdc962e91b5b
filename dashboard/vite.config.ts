/// <reference types="vitest/config" />
import { brotliCompressSync, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const SERVER = process.env.TORANA_URL ?? "http://127.0.0.1:8787";
const SMALLEST_PACKED = 1024;

/** Packs each file once, so that the server only has to choose among them. */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const [fileName, file] of Object.entries(bundle)) {
          const source = Buffer.from(file.type === "chunk" ? file.code : file.source);
          if (!/\.(js|css|svg|html)$/.test(fileName) || source.length < SMALLEST_PACKED) continue;
          this.emitFile({ type: "asset", fileName: `${fileName}.br`, source: brotliCompressSync(source) });
          this.emitFile({ type: "asset", fileName: `${fileName}.gz`, source: gzipSync(source, { level: 9 }) });
        }
      },
    },
  };
}

const ICON = /@phosphor-icons\/react\/dist\/defs\/.*\.js$/;
const UNUSED_WEIGHT = /^ {2}\[\n {4}"(?:duotone|light|thin)",\n[\s\S]*?^ {2}\],?\n/gm;

/** An icon comes in six weights. Three are never used, and would be a tenth of all code. */
function lighterIcons(): Plugin {
  return {
    name: "lighter-icons",
    apply: "build",
    transform: {
      filter: { id: ICON },
      handler: (code) => ({ code: code.replace(UNUSED_WEIGHT, ""), map: null }),
    },
  };
}

/** Each with all that is loaded with them at once. Forty small files would take a browser longer than these two. */
const TOGETHER: [string, string[]][] = [
  ["first", ["main.ts"]],
  ["base", ["root.tsx", "pages/overview/index.tsx"]],
];

interface Graph {
  getModuleInfo(id: string): { importedIds: readonly string[] } | null;
}

function closureOf(starts: string[], graph: Graph): Set<string> {
  const reached = new Set(starts.map((start) => new URL(`./src/${start}`, import.meta.url).pathname));
  for (const id of reached) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) reached.add(next);
  return reached;
}

function together(): (id: string, graph: Graph) => string | null {
  const closures = new Map<string, Set<string>>();
  return (id, graph) => {
    for (const [name, starts] of closures.size ? [] : TOGETHER) closures.set(name, closureOf(starts, graph));
    return [...closures].find(([, reached]) => reached.has(id))?.[0] ?? null;
  };
}

/**
 * The browser has the largest file on its way before the first one has said that it is needed. It is not a
 * `modulepreload`: reading it would keep the first one waiting.
 */
function preloaded(): Plugin {
  return {
    name: "preloaded",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (html, { bundle }) => ({
        // Nothing is to be seen without it, and it would wait until nothing is drawn.
        html: html.replace('<script type="module"', '<script type="module" blocking="render"'),
        tags: Object.values(bundle ?? {})
          .filter((file) => file.type === "chunk" && file.name === "base")
          .map((file) => ({
            tag: "link",
            attrs: { rel: "preload", as: "script", crossorigin: true, href: `/dashboard/${file.fileName}` },
            injectTo: "head" as const,
          })),
      }),
    },
  };
}

export default defineConfig({
  base: "/dashboard/",
  plugins: [react(), tailwindcss(), lighterIcons(), packed(), preloaded()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: "../src/torana/control/dashboard/static",
    emptyOutDir: true,
    // The policy of the page allows no inline code and no data URLs in styles but for pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Says which chunks the first page needs; a test adds up their sizes.
    manifest: "manifest.json",
    chunkSizeWarningLimit: 900,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: together(), debugName: "together" }] },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(["/client", "/api", "/v1", "/dashboard/oidc"].map((path) => [path, SERVER])),
  },
  test: { include: ["src/**/*.test.ts"] },
});
