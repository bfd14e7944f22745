import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type ConsoleAnswer, type ConsoleRequest, guarded } from "./answer.ts";

const folder = join(import.meta.dirname, "page");

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
}

const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/console/style.css": ["style.css", "text/css; charset=utf-8"],
  "/console/icon.svg": ["icon.svg", "image/svg+xml"],
};

/** The page and what it loads. Scripts are bundled at the first request: a gateway that no browser visits pays nothing. */
export function openAssets(): (request: ConsoleRequest) => Promise<ConsoleAnswer | undefined> {
  const read = kept(contentOf);
  const scripts = kept((_: "all") => bundled());
  return async ({ method, path, headers }) => {
    if (method !== "GET") return undefined;
    const isScript = /^\/console\/[\w-]+\.js$/.test(path);
    if (!isScript && !Object.hasOwn(files, path)) return undefined;
    const asset = isScript ? (await scripts("all")).get(path) : await read(path);
    if (asset === undefined) return undefined;
    const { type, bytes, gzipped } = asset;
    const packed = String(headers["accept-encoding"] ?? "").includes("gzip");
    return guarded(200, type, packed ? gzipped : bytes, {
      vary: "accept-encoding",
      ...(packed && { "content-encoding": "gzip" }),
    });
  };
}

/** Each is made once; one that could not be made is tried again at the next request. */
function kept<Key extends string, Value>(make: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const made = new Map<Key, Promise<Value>>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    value.catch(() => made.delete(key));
    return value;
  };
}

async function contentOf(path: string): Promise<Asset> {
  const [file, type] = files[path] ?? ["", ""];
  return assetOf(type, await readFile(join(folder, file)));
}

async function assetOf(type: string, bytes: Buffer): Promise<Asset> {
  return { type, bytes, gzipped: await promisify(gzip)(bytes, { level: 9 }) };
}

/** What the first view needs, and a script for each view that is loaded later, by their paths. */
async function bundled(): Promise<ReadonlyMap<string, Asset>> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: { app: join(folder, "main.tsx") },
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    outdir: "/console",
    chunkNames: "[name]-[hash]",
    format: "esm",
    target: "es2023",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent",
  });
  const type = "text/javascript; charset=utf-8";
  return new Map(
    await Promise.all(
      outputFiles.map(
        async ({ path, contents }) =>
          [`/console/${basename(path)}`, await assetOf(type, Buffer.from(contents))] as const,
      ),
    ),
  );
}
