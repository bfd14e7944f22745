import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

/**
 * Parts of the AWS SDK that no function of ours can reach on Lambda, each replaced by a few lines that say why, and that
 * throw if they are reached after all. They were over half of a bundle, and every cold start would read them.
 */
export const sdkStubs: Readonly<Record<string, string>> = {
  "@aws-sdk/client-dynamodb/dist-es/endpoint/endpointResolver.js": "dynamodb-endpoint.ts",
  "@aws-sdk/client-secrets-manager/dist-es/endpoint/endpointResolver.js": "secrets-manager-endpoint.ts",
  "@aws-sdk/client-sqs/dist-es/endpoint/endpointResolver.js": "sqs-endpoint.ts",
  "@aws-sdk/core/dist-es/submodules/client/middleware-recursion-detection/getRecursionDetectionPlugin.js":
    "recursion-detection.ts",
  "@aws-sdk/credential-provider-node/dist-es/index.js": "credential-provider-node.ts",
  "@aws-sdk/endpoint-cache/dist-es/index.js": "endpoint-cache.ts",
  "@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js": "sha256-js.ts",
  "@smithy/core/dist-es/submodules/config/config-resolver/regionConfig/getInstanceMetadataRegion.js":
    "instance-metadata-region.ts",
  "@smithy/core/dist-es/submodules/config/node-config-provider/fromSharedConfigFiles.js":
    "shared-config-files.ts",
  "@smithy/core/dist-es/submodules/endpoints/middleware-endpoint/service-customizations/index.js":
    "s3-endpoint-parameters.ts",
  "@smithy/core/dist-es/submodules/event-streams/index.js": "event-streams.ts",
  "@smithy/core/dist-es/submodules/protocols/HttpBindingNormalizedSchema.js":
    "http-binding-normalized-schema.ts",
  "@smithy/core/dist-es/submodules/protocols/json/codec-v2/JsonBytesStringAdapter.js":
    "json-bytes-string-adapter.ts",
  "@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy.js": "adaptive-retry-strategy.ts",
  "@smithy/signature-v4/dist-es/SignatureV4.js": "signature-v4.ts",
};

/**
 * What functions import of each client, and nothing else can be: esbuild ends with "No matching export". Where a module is
 * loaded when it is called, esbuild keeps all that its imports export, and a client exports a command for everything.
 */
const clientExports: Readonly<
  Record<string, { readonly files: readonly string[]; readonly errors: readonly string[] }>
> = {
  "@aws-sdk/client-dynamodb": {
    files: [
      "DynamoDBClient",
      "commands/GetItemCommand",
      "commands/QueryCommand",
      "commands/TransactWriteItemsCommand",
      "commands/UpdateItemCommand",
    ],
    errors: ["ConditionalCheckFailedException", "TransactionCanceledException"],
  },
  "@aws-sdk/client-sqs": {
    files: ["SQSClient", "commands/ChangeMessageVisibilityCommand", "commands/SendMessageCommand"],
    errors: [],
  },
  "@aws-sdk/client-secrets-manager": {
    files: ["SecretsManagerClient", "commands/GetSecretValueCommand"],
    errors: [],
  },
};

const stubsDir = join(import.meta.dirname, "lambda-runtime-stubs");
const modules = `node_modules${sep}`;

export const trimmedSdk: Plugin = {
  name: "trimmed-sdk",
  setup({ onLoad }) {
    for (const path of Object.keys(sdkStubs)) {
      if (!existsSync(join(import.meta.dirname, "..", modules, path))) {
        throw new Error(
          `The AWS SDK has no ${path} any more: see whether infra/sdk-stubs.ts still needs its stub`,
        );
      }
    }
    onLoad({ filter: /[\\/]@(?:aws-sdk|smithy)[\\/].*\.js$/ }, async ({ path }) => {
      const stub = sdkStubs[path.slice(path.lastIndexOf(modules) + modules.length).replaceAll(sep, "/")];
      if (stub === undefined) return undefined;
      return { contents: await readFile(join(stubsDir, stub), "utf8"), loader: "ts", resolveDir: stubsDir };
    });
    for (const [client, { files, errors }] of Object.entries(clientExports)) {
      onLoad({ filter: fileOf(client, "index.js") }, () => ({
        contents: [
          ...files.map((file) => `export * from "./${file}";`),
          `export { ${errors.join(", ")} } from "./models/errors";`,
        ].join("\n"),
      }));
      onLoad({ filter: fileOf(client, "schemas/schemas_0.js") }, async ({ path }) => ({
        contents: onlyErrors(await readFile(path, "utf8"), errors, path),
      }));
    }
    // A client wants its version from its package.json, and would bring all of it.
    onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version }: { readonly version: string } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
    onLoad({ filter: /[\\/]util-endpoints[\\/]lib[\\/]aws[\\/]partitions\.js$/ }, async ({ path }) => {
      const { partitionsInfo } = (await import(pathToFileURL(path).href)) as {
        partitionsInfo: PartitionsInfo;
      };
      return { contents: `export const partitionsInfo = ${JSON.stringify(withoutNames(partitionsInfo))};` };
    });
  },
};

interface PartitionsInfo {
  readonly partitions: readonly {
    readonly regionRegex: string;
    readonly regions: Readonly<Record<string, unknown>>;
    readonly outputs: Readonly<Record<string, unknown>>;
  }[];
}

/**
 * A Region's name says its partition; the list of them adds what people call them. Of what a partition is, our endpoint's one
 * rule (regional-endpoint.ts) asks for its domain alone.
 */
const withoutNames = ({ partitions, ...rest }: PartitionsInfo): PartitionsInfo => ({
  ...rest,
  partitions: partitions.map(({ regions, outputs, ...partition }) => ({
    ...partition,
    outputs: { dnsSuffix: outputs.dnsSuffix },
    regions: Object.fromEntries(
      Object.entries(regions).filter(([name]) => !new RegExp(partition.regionRegex).test(name)),
    ),
  })),
});

const fileOf = (client: string, file: string): RegExp =>
  new RegExp(`/${client}/dist-es/${file.replaceAll(".", "\\.")}$`.replaceAll("/", "[\\\\/]"));

/**
 * The errors that nobody imports need no class each: one that is not registered becomes the service's base exception, with
 * the name, the message, the status and so the retries that it would have had. What is lost is `$retryable`, which only
 * DynamoDB's ReplicatedWriteConflictException has, of tables in several Regions.
 */
function onlyErrors(schemas: string, wanted: readonly string[], path: string): string {
  const registration = /^n0_registry\.registerError\((\w+)\$, \1\);$/gm;
  const registered = Array.from(schemas.matchAll(registration), ([, name = ""]) => name);
  if (registered.length === 0 || wanted.some((name) => !registered.includes(name)))
    throw new Error(`${path} does not register ${["errors", ...wanted].join(", ")} as it used to`);
  return schemas.replace(registration, (line, name: string) => (wanted.includes(name) ? line : ""));
}
