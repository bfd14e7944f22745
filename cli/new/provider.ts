/** What a new provider is made of. */
export interface ProviderAnswers {
  /** `acme`: small letters, its name everywhere. */
  readonly name: string;
  /** `Acme`, as people write it. */
  readonly title: string;
  /** `a prepaid wallet` */
  readonly about: string;
  readonly hosts: { readonly dev: string; readonly prod: string | undefined };
  /** The parts of its secret that must be there. */
  readonly secret: readonly string[];
  /** It changes something there, under records. */
  readonly changes: boolean;
  readonly source: string;
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const members = (names: readonly string[], of: (name: string) => string): string => names.map(of).join(" ");

/** lib/providers/<name>/facts.ts */
export const factsFile = ({ title, about, hosts, secret, changes }: ProviderAnswers): string => `
import type { ProviderFacts } from "../facts.ts";

export const facts: ProviderFacts = {
  title: ${JSON.stringify(title)},
  about: ${JSON.stringify(about)},
  hosts: { dev: ${JSON.stringify(hosts.dev)}, prod: ${JSON.stringify(hosts.prod)} },
  ${changes ? "hasChanges: true," : ""}
  secret: { needed: ${JSON.stringify(secret)}, optional: {} },
  settings: {},
};
`;

/** lib/signing/<name>.ts: it signs nothing until it is written, and says so. */
export const signingFile = ({ name, title, secret, source }: ProviderAnswers): string => `
export interface ${capital(name)}Secret { ${members(secret, (part) => `readonly ${part}: string;`)} }

/**
 * The headers that sign a call of ${title}. Source: ${source}.
 * @throws TypeError that names what of the secret cannot sign.
 */
export function sign${capital(name)}(_secret: ${capital(name)}Secret, _body: string): Readonly<Record<string, string>> {
  throw new TypeError("the signature of ${title} is not written yet (lib/signing/${name}.ts)");
}
`;

/** lib/providers/<name>/index.ts */
export const providerFile = ({ name, title, secret }: ProviderAnswers): string => `
import type { Config } from "../../config.ts";
import { part, type SecretValue } from "../../secrets/secrets.ts";
import { JsonNumber, sign${capital(name)} } from "../../signing/index.ts";
import { indiaOffset } from "../../time.ts";
import type { WireReply, WireRequest } from "../../transport.ts";
import { jsonReply, unreadableReply } from "../json-reply.ts";
import { type Circumstances, isAccessRefusal, type Meaning, type Provider, type ProviderAnswer, refusedOnTheWay, statusFault, throttled } from "../provider.ts";
import { type Reader, success } from "../reader.ts";
import { decisive } from "../words.ts";

/** A call under the provider's own names; what is undefined is not sent. */
export interface ${capital(name)}Call {
  readonly path: string;
  readonly body: Readonly<Record<string, string | undefined>>;
}

/** ${title}: JSON. */
export const ${name}: Provider<${capital(name)}Call, Reader> = {
  name: "${name}",
  secret: "${name}",
  host: (config) => config.baseUrl("${name}").host,
  variables: ["${name.toUpperCase()}_BASE_URL"],
  sign,
  read,
};

function sign(call: ${capital(name)}Call, secret: SecretValue, { config }: Circumstances): WireRequest {
  const body = JSON.stringify(call.body);
  const signed = sign${capital(name)}({ ${members(secret, (each) => `${each}: part(secret, "${each}").reveal(),`)} }, body);
  return {
    method: "POST",
    url: new URL(call.path, config.baseUrl("${name}")),
    headers: { "content-type": "application/json", accept: "application/json", ...signed },
    body,
  };
}

function read({ status, body }: WireReply, _secrets: readonly SecretValue[], _config: Config): ProviderAnswer<Reader> {
  const fault = statusFault("${title}", status);
  if (fault) return fault;
  const json = jsonReply(body);
  const given = json?.get("code");
  const code = given instanceof JsonNumber ? given.token : given;
  if (isAccessRefusal(status) && typeof code !== "string") return refusedOnTheWay("${title}", status);
  if (status === 429) return throttled("${title}");
  if (json === undefined || typeof code !== "string") return unreadableReply("${title}", { status, body });
  if (decisive(code) === "0") return success(json, indiaOffset);
  const text = json.get("message");
  const word = { code, message: typeof text === "string" ? text : "" };
  const meaning = refusals.get(decisive(code));
  if (meaning) return { kind: "refusal", word, ...meaning };
  return { kind: "unusable", why: "${title} answered with a code that proves nothing.", word };
}

/** In the form that words are compared in. A code that is not here proves nothing. */
export const refusals: ReadonlyMap<string, Meaning> = new Map([
  ["401", { as: "not_executed", code: "misconfigured", detail: "${title} refused the gateway's signature." }],
]);
`;

/** local/sandbox/<name>.ts: it refuses every call until its own check of signatures is written. */
export const providerSandboxFile = ({ name, title, secret }: ProviderAnswers): string => `
/**
 * The ${title} sandbox, on 127.0.0.1. It shares no code with the gateway's signing: its check is written from the document.
 */
import { slowFault, wireFaults } from "./common/faults.ts";
import { type JsonFault, type Operation, type Received, refused, startJsonSandbox } from "./common/json-sandbox.ts";
import type { SandboxOptions, SecretValue } from "./common/options.ts";
import type { Sandbox } from "./common/server.ts";

/** What the sandbox accepts where nobody has a secret of his own. */
export const ${name}SandboxSecret = { ${members(secret, (part) => `${part}: "sandbox-${name}-${part}",`)} } as const;

const table = { ...wireFaults, slow: slowFault } as const satisfies Record<string, JsonFault>;
type ${capital(name)}Fault = keyof typeof table;

export async function start${capital(name)}Sandbox(options: SandboxOptions): Promise<Sandbox> {
  const operations = new Map<string, Operation<${capital(name)}Fault>>();
  return startJsonSandbox({
    name: "${title} sandbox",
    port: options.port,
    clock: options.clock ?? Date.now,
    faults: table,
    operations: new Map([...operations].map(([path, operation]) => [path, checked(operation, options.secrets)])),
    secretFields: [],
    shownFields: [...operations.values()].flatMap(({ documented }) => documented),
    forget: () => undefined,
    release: () => undefined,
  });
}

/** Refuses what no secret in force has signed. */
const checked = (
  operation: Operation<${capital(name)}Fault>,
  secrets: () => readonly SecretValue[],
): Operation<${capital(name)}Fault> => {
  const isSigned: typeof operation.isSigned = (received) => secrets().some((secret) => isSignedWith(secret, received));
  return {
    ...operation,
    isSigned,
    run: (received, fault) =>
      isSigned(received)
        ? operation.run(received, fault)
        : refused("401", { code: "401", message: "The signature is wrong" }, 401),
  };
};

/** Not written yet, so nothing is signed. */
const isSignedWith = (_secret: SecretValue, _received: Received): boolean => false;
`;

/** test/vectors/<name>.json: signatures that other code than ours has computed. */
export const vectorsFile = ({ source }: ProviderAnswers): string =>
  `${JSON.stringify({ source, vectors: [] }, undefined, 1)}\n`;

/** test/signing/<name>.test.ts: it fails until there are vectors and a signature that equals them. */
export const signingTestFile = ({ name, title }: ProviderAnswers): string => `
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sign${capital(name)}, type ${capital(name)}Secret } from "../../lib/signing/index.ts";

interface Vector {
  readonly name: string;
  readonly secret: ${capital(name)}Secret;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const file = new URL("../vectors/${name}.json", import.meta.url);
const { vectors }: { readonly vectors: readonly Vector[] } = JSON.parse(readFileSync(file, "utf8"));

test("${title} has vectors, computed by other code than ours", () => {
  expect(vectors.length).toBeGreaterThan(0);
});

test.each(vectors)("$name", ({ secret, body, headers }) => {
  expect(sign${capital(name)}(secret, body)).toEqual(headers);
});
`;

/** A list that the provider stands in: what is put before which text of which file. */
export interface Line {
  readonly file: string;
  readonly before: string | RegExp;
  readonly text: string;
}

export const linesOf = ({ name, title, about, secret, hosts, changes }: ProviderAnswers): readonly Line[] => [
  { file: "lib/secrets/names.ts", before: /(?<=export type ProviderName = [^;]*);/, text: ` | "${name}"` },
  {
    file: "lib/providers/index.ts",
    before: 'import type { ProviderFacts } from "./facts.ts";',
    text: `import { facts as ${name} } from "./${name}/facts.ts";\n`,
  },
  {
    file: "lib/providers/index.ts",
    before: /(?<=export const providers: [^}]*)\};/,
    text: `  ${name},\n`,
  },
  {
    file: "lib/signing/index.ts",
    before: /^export \{ type PayuRequest/m,
    text: `export { sign${capital(name)}, type ${capital(name)}Secret } from "./${name}.ts";\n`,
  },
  {
    file: "local/sandbox/index.ts",
    before: /^import \{ dreamzwalletSandboxSecret/m,
    text: `import { ${name}SandboxSecret, start${capital(name)}Sandbox } from "./${name}.ts";\n`,
  },
  {
    file: "local/sandbox/index.ts",
    before: /(?<=export const sandboxes: [\s\S]*?)^\};/m,
    text: `  ${name}: start${capital(name)}Sandbox,\n`,
  },
  {
    file: "local/sandbox/index.ts",
    before: /(?<=export const sandboxSecrets = [\s\S]*?)^\} as const/m,
    text: `  ${name}: ${name}SandboxSecret,\n`,
  },
  { file: "inspect/inspect.ts", before: /^\} as const satisfies/m, text: `  ${name}: {},\n` },
  {
    file: "cli/words.ts",
    before: /^import type \{ Meaning \}/m,
    text: `import { refusals as ${name} } from "../lib/providers/${name}/index.ts";\n`,
  },
  { file: "cli/words.ts", before: /^ {2}\.\.\.providerNames/m, text: `  ...table("${title}", ${name}),\n` },
  { file: "README.md", before: /(?<=^\| DreamzWallet .*\n)/m, text: `| ${title} | ${about} | |\n` },
  {
    file: "docs/deploying.md",
    before: /^\| `gateway` \| `\{"generatedKey"/m,
    text: `| \`${name}\` | \`{${secret.map((part) => `"${part}"`).join(", ")}}\` |\n`,
  },
  ...chosenInProd(`${name}Account`, "main", changes),
  ...chosenInProd(`${name}BaseUrl`, "none", hosts.prod === undefined),
  ...(changes
    ? [
        {
          file: "functions/records/list.ts",
          before: /(?<=variables: \[[^\]]*)\]/,
          text: `, "${name.toUpperCase()}_ACCOUNT"`,
        },
      ]
    : []),
];

/** A value that a production must choose. */
const chosenInProd = (name: string, value: string, isNeeded: boolean): readonly Line[] =>
  isNeeded
    ? [{ file: "cdk.json", before: /(?<="prod": \{[^}]*)\n {4}\}/, text: `,\n      "${name}": "${value}"` }]
    : [];

/** What no answer decides: whoever adds the provider judges it. */
export const toJudgeOf = ({ name, title, changes }: ProviderAnswers): readonly string[] => [
  `Its signature: lib/signing/${name}.ts, and vectors of the document or of other code in test/vectors/${name}.json.`,
  `How its replies say success, each refusal, and the zone of its times (lib/providers/${name}/index.ts): all of it is a guess.`,
  `What else its secret may hold (lib/providers/${name}/facts.ts).`,
  `Its first operation: npx gw new ${name}/... It has none yet, and test/providers/facts.test.ts says so.`,
  `Its sandbox: the check of signatures and the calls (local/sandbox/${name}.ts).`,
  `What the inspector shows of its signature (inspect/schemes): test/inspect/command.test.ts asks for it.`,
  `A question for smoke tests (\`question\` of its facts), where it has one.`,
  ...(changes ? [`Its account in production (cdk.json); rows in test/faults/subjects.ts.`] : []),
  `The row of ${title} in README.md; then npm run docs, and what tests name.`,
];
