import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type ConsoleAnswer, type ConsoleRequest, guarded } from "./answer.ts";

const folder = join(import.meta.dirname, "page");

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
}

const types = {
  "/": "text/html; charset=utf-8",
  "/console/app.js": "text/javascript; charset=utf-8",
  "/console/style.css": "text/css; charset=utf-8",
  "/console/icon.svg": "image/svg+xml",
} as const;
type Path = keyof typeof types;
const isAsset = (path: string): path is Path => Object.hasOwn(types, path);

/** The page and what it loads. The script is bundled at the first request: a gateway that no browser visits pays nothing. */
export function openAssets(): (request: ConsoleRequest) => Promise<ConsoleAnswer | undefined> {
  const made = new Map<Path, Promise<Asset>>();
  return async ({ method, path, headers }) => {
    if (method !== "GET" || !isAsset(path)) return undefined;
    const asset = made.get(path) ?? make(path);
    made.set(path, asset);
    // One that could not be made is tried again at the next request.
    asset.catch(() => made.delete(path));
    const { type, bytes, gzipped } = await asset;
    const packed = String(headers["accept-encoding"] ?? "").includes("gzip");
    return guarded(200, type, packed ? gzipped : bytes, {
      vary: "accept-encoding",
      ...(packed && { "content-encoding": "gzip" }),
    });
  };
}

async function make(path: Path): Promise<Asset> {
  const bytes = await contentOf(path);
  return { type: types[path], bytes, gzipped: await promisify(gzip)(bytes, { level: 9 }) };
}

function contentOf(path: Path): Promise<Buffer> {
  switch (path) {
    case "/":
      return readFile(join(folder, "index.html"));
    case "/console/icon.svg":
      return readFile(join(folder, "icon.svg"));
    case "/console/style.css":
      return readFile(join(folder, "style.css"));
    case "/console/app.js":
      return bundled();
  }
}

async function bundled(): Promise<Buffer> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(folder, "main.tsx")],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2023",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent",
  });
  const [script] = outputFiles;
  if (script === undefined) throw new Error("esbuild gave no script");
  return Buffer.from(script.contents);
}
