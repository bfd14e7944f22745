import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type BuildOptions, build, type Metafile, type OutputFile, type Plugin } from "esbuild";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import packageJson from "../package.json" with { type: "json" };
import { trimmedSdk } from "./sdk-stubs.ts";

export const projectRoot = resolve(import.meta.dirname, "..");

/** Where Lambda unpacks the signing layer; the local host maps the same path to the layer's folder. */
export const signingLayerPath = "/opt/nodejs/signing.mjs";

export interface Bundles {
  readonly functions: ReadonlyMap<string, Bundle>;
  readonly layer: Bundle;
}

export interface Bundle {
  /** The folder that becomes the asset. */
  readonly folder: string;
  readonly bytes: number;
  /** Every file that went into the bundle, relative to the project. */
  readonly inputs: readonly string[];
  /** Bytes of the bundle by where they come from: a package, or a folder of the project. */
  readonly shares: ReadonlyMap<string, number>;
}

export interface BundleOptions {
  /** One folder per function (`functions/aggrepay-debit-wallet`) and `layer` are written here. */
  readonly outdir: string;
  /** The folder that holds `functions/` and `lib/`. */
  readonly root?: string;
}

/** Bundles every function, each into a folder of its own, and the layer that they share. */
export async function bundle(
  definitions: readonly Pick<FunctionDefinition, "name">[],
  { root = projectRoot, ...options }: BundleOptions,
): Promise<Bundles> {
  // The CDK CLI gives a relative one.
  const outdir = resolve(options.outdir);
  const [functions, layer] = await Promise.all([
    bundleFunctions(definitions, outdir, root),
    bundleLayer(outdir, root),
  ]);
  return { functions, layer };
}

/** `aggrepay/debit-wallet` is a file's path; `aggrepay-debit-wallet` names its folder, function and resources. */
const flatName = (name: string): string => name.replaceAll("/", "-");

async function bundleFunctions(
  definitions: readonly Pick<FunctionDefinition, "name">[],
  outdir: string,
  root: string,
): Promise<ReadonlyMap<string, Bundle>> {
  const functionsDir = join(outdir, "functions");
  const outputs = await run(root, {
    entryPoints: definitions.map(({ name }) => ({
      in: `${entryPrefix}${name}`,
      out: `${flatName(name)}/index`,
    })),
    outdir: functionsDir,
    plugins: [functionEntries(root), signingFromLayer(root), trimmedSdk, directBuiltins],
  });
  return new Map(
    definitions.map(({ name }) => {
      const folder = join(functionsDir, flatName(name));
      const output = take(outputs, join(folder, "index.mjs"));
      const strays = output.inputs.filter((input) => input.startsWith("lib/signing/"));
      if (strays.length > 0) {
        throw new Error(
          `${name} bundles ${strays.join(", ")}: import lib/signing/index.ts instead, which comes from the layer`,
        );
      }
      return [name, { folder, ...output }];
    }),
  );
}

async function bundleLayer(outdir: string, root: string): Promise<Bundle> {
  const folder = join(outdir, "layer");
  const outputs = await run(root, {
    entryPoints: [{ in: "./lib/signing/index.ts", out: "signing" }],
    outdir: join(folder, "nodejs"),
    plugins: [directBuiltins],
  });
  const output = take(outputs, join(folder, "nodejs", "signing.mjs"));
  const strays = output.inputs.filter(
    (input) => !input.startsWith("lib/signing/") && input !== "builtin:node:crypto",
  );
  if (strays.length > 0) {
    throw new Error(`The signing layer needs node:crypto alone, but bundles ${strays.join(", ")}`);
  }
  return { folder, ...output };
}

const entryPrefix = "function:";

/**
 * Importing a function's file does nothing, so tests and the stack may import all of them. The entry that Lambda
 * loads also warms it: a top-level await runs in the init phase, which has a full CPU and no caller waiting.
 */
const functionEntries = (root: string): Plugin => ({
  name: "function-entries",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${entryPrefix}`) }, ({ path }) => ({
      path: path.slice(entryPrefix.length),
      namespace: "function",
    }));
    onLoad({ filter: /.*/, namespace: "function" }, ({ path }) => ({
      contents: `import { handler } from "./functions/${path}.ts"; await handler.warm?.(); export { handler };`,
      resolveDir: root,
    }));
  },
});

const signingFromLayer = (root: string): Plugin => ({
  name: "signing-from-layer",
  setup({ onResolve }) {
    const signing = join(root, "lib/signing/index.ts");
    onResolve({ filter: /\/signing\/index\.ts$/ }, ({ path, resolveDir }) =>
      join(resolveDir, path) === signing ? { path: signingLayerPath, external: true } : undefined,
    );
  },
});

/**
 * Importing one of Node's own modules as an ES module reads all that it exports, also what it would load on first use:
 * `node:http` then brings all of fetch and WebSocket, 16 ms of a cold start; copying its properties, as esbuild does for an
 * import of a CommonJS module, brings 6 ms of `node:util`. So each export is read by itself, where it is used.
 */
const directBuiltins: Plugin = {
  name: "direct-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, kind }) => ({
      path,
      namespace: kind === "import-statement" ? "builtin" : "whole-builtin",
      sideEffects: false,
    }));
    onLoad({ filter: /.*/, namespace: "whole-builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: [
        `const whole = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(path)});`,
        "export default whole;",
        ...exportsOf(path).map((name) => `export const ${name} = /* @__PURE__ */ (() => whole.${name})();`),
      ].join("\n"),
    }));
  },
};

const exportsOf = (builtin: string): readonly string[] =>
  Object.keys(process.getBuiltinModule(builtin) ?? {}).filter((name) => name !== "default");

type Output = Pick<Bundle, "bytes" | "inputs" | "shares">;

async function run(
  root: string,
  options: Pick<BuildOptions, "entryPoints" | "plugins"> & { readonly outdir: string },
): Promise<ReadonlyMap<string, Output>> {
  const { metafile, outputFiles } = await build({
    ...options,
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    define: { GATEWAY_VERSION: JSON.stringify(packageJson.version) },
    mainFields: ["module", "main"],
    // Otherwise what is near the sources when they are bundled would show in the bundle.
    tsconfigRaw: {},
    outExtension: { ".js": ".mjs" },
    minify: true,
    // Source maps are larger than the code they describe, and Lambda would unpack them at every cold start.
    sourcemap: false,
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  await Promise.all(outputFiles.map(write));
  return describe(root, metafile);
}

async function write({ path, contents }: OutputFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}

const describe = (root: string, { outputs }: Metafile): ReadonlyMap<string, Output> =>
  new Map(
    Object.entries(outputs).map(([path, { bytes, inputs }]) => [
      resolve(root, path),
      { bytes, inputs: Object.keys(inputs), shares: sharesOf(inputs) },
    ]),
  );

function sharesOf(inputs: Metafile["outputs"][string]["inputs"]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const name =
      /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split("/").slice(0, 2).join("/");
    shares.set(name, (shares.get(name) ?? 0) + bytesInOutput);
  }
  return shares;
}

function take(outputs: ReadonlyMap<string, Output>, path: string): Output {
  const output = outputs.get(path);
  if (output === undefined) throw new Error(`esbuild wrote no ${path}`);
  return output;
}
