import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { readResults as readBench } from "../bench/document.ts";
import { timeSettings } from "../lib/settings.ts";
import { type Figures, readFigures } from "../test/support/kept-figures.ts";
import { type Failure, type Results, readResults, resultsFile, rowsOf } from "./results.ts";
import { times } from "./rig.ts";
import { targets } from "./targets.ts";

const project = join(import.meta.dirname, "..");

/** Results that other commands keep, where they have been kept: a section whose file is missing is left out. */
const worldFile = "test/world/results.json";
const booksFile = "test/books/results.json";
const figuresFiles = [
  [
    "Interleavings",
    "callers, reconcilers, notifications and persons in one process, with a provider that has quirks",
    "test/faults/results.json",
  ],
  [
    "Soak",
    "the whole local gateway under `kill -9`, with a faulty wallet; ledger and records compared line by line",
    "test/soak/results.json",
  ],
] as const;

const worldShape = v.object({
  date: v.string(),
  versions: v.record(v.string(), v.string()),
  seeds: v.object({ from: v.number(), to: v.number() }),
  histories: v.number(),
  perSecond: v.number(),
  findings: v.array(v.unknown()),
  each: v.array(v.object({ mend: v.string(), seed: v.nullable(v.number()) })),
  eachSeeds: v.optional(v.number()),
  unreached: v.array(v.unknown()),
});

/** A list, or how many there were. */
const counted = v.union([v.number(), v.array(v.unknown())]);

const booksShape = v.object({
  date: v.string(),
  seed: v.union([v.number(), v.string()]),
  movements: v.number(),
  days: v.optional(v.number()),
  found: v.array(v.object({ what: v.string(), injected: v.number(), found: v.number() })),
  falseAlarms: counted,
});

/** What is made of results, by its path in the project. `npm run docs` writes it, a test compares it. */
export function proofDocuments(): ReadonlyMap<string, string> {
  const results = existsSync(resultsFile) ? readResults() : undefined;
  return new Map([
    ["docs/proof.md", proofPage(results)],
    ...(results === undefined ? [] : [["docs/why.md", whyPage(results)] as const]),
  ]);
}

const kept = <Shape extends v.GenericSchema>(
  path: string,
  shape: Shape,
): v.InferOutput<Shape> | undefined => {
  const file = join(project, path);
  return existsSync(file) ? v.parse(shape, JSON.parse(readFileSync(file, "utf8"))) : undefined;
};

const table = ([head = [], ...rows]: readonly (readonly string[])[], isNumeric = true): string => {
  const line = (row: readonly string[]) =>
    `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 || !isNumeric ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
};

/** One value of results as a person reads it; objects as JSON. */
const said = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function proofPage(results: Results | undefined): string {
  const world = kept(worldFile, worldShape);
  const books = kept(booksFile, booksShape);
  const sections = [
    results && challengeSection(results),
    world && worldSection(world),
    books && booksSection(books),
    ...figuresFiles.map(([title, what, file]) => {
      const figures = readFigures(join(project, file));
      return figures && figuresSection(title, what, figures);
    }),
  ].filter((section) => section !== undefined);
  return `# Proof

Written by \`npm run docs\` from results that commands of this project keep. Each section says how to repeat it from a clean clone,
without AWS. A figure is of the seed, the day and the versions that stand beside it: another seed may find what this one did not.

${sections.join("\n")}`;
}

const factsOf = (date: string, seed: unknown, versions?: Readonly<Record<string, string>>): string =>
  [
    `${date}, seed ${said(seed)}`,
    ...Object.entries(versions ?? {}).map(([name, version]) => `${name} ${version}`),
  ].join(", ");

function worldSection(world: v.InferOutput<typeof worldShape>): string {
  const { date, seeds, versions, histories, perSecond, findings, each, eachSeeds, unreached } = world;
  return `## A hostile world

\`npm run world\`: the real pipeline in one process, with a simulated clock, store, network and provider. A seed orders, delays, loses,
repeats, kills and freezes.

${histories} histories, ${Math.round(perSecond)} a second. ${findings.length === 0 ? "Nothing was found" : `Found: ${findings.map(said).join("; ")}`}.
${unreached.length === 0 ? "Every allowed transition that the product writes was reached" : `Allowed transitions that no seed reached: ${unreached.map(said).join("; ")}`}.
${takenOut(each, eachSeeds)}
${factsOf(date, `${seeds.from} to ${seeds.to}`, versions)}.
`;
}

/** With what keeps the product right taken out, piece by piece. */
function takenOut(each: v.InferOutput<typeof worldShape>["each"], seeds: number | undefined): string {
  if (each.length === 0) return "";
  const missed = each.filter(({ seed }) => seed === null).length;
  return `
What keeps the product right was taken out, piece by piece; the first seed${seeds === undefined ? "" : ` of ${seeds}`} that then fails:

${table([["Taken out", "First seed that fails"], ...each.map(({ mend, seed }) => [mend, seed === null ? "**not noticed**" : String(seed)])])}

${missed === 0 ? "All were noticed" : `${missed} of ${each.length} were not noticed`}.
`;
}

const countOf = (counts: v.InferOutput<typeof counted>): number =>
  typeof counts === "number" ? counts : counts.length;

function booksSection(books: v.InferOutput<typeof booksShape>): string {
  const { date, seed, movements, days, found, falseAlarms } = books;
  const missed = found.reduce((sum, each) => sum + each.injected - each.found, 0);
  return `## The provider's books

\`npm run books\`: simulated honest traffic${days === undefined ? "" : ` of ${days} days`} with ${movements} movements, against the provider's own list; and the same with differences
injected. False alarms: ${countOf(falseAlarms)}. Injected and not found: ${missed}.

${table([["Injected", "How often", "Found"], ...found.map((each) => [each.what, String(each.injected), String(each.found)])])}

${factsOf(date.slice(0, 10), seed)}.
`;
}

function figuresSection(title: string, what: string, { date, command, node, rows, found }: Figures): string {
  return `## ${title}

\`${command}\`: ${what}.

${table([["", ""], ...rows.filter(([name]) => name !== "")], false)}

${found.length === 0 ? "Nothing was found" : `Found: ${found.join("; ")}`}. ${date}, Node ${node}.
`;
}

/** Of each target the first story of each kind, in the words of the run. */
const firstOfEach = (failures: readonly Failure[]): readonly Failure[] =>
  failures.filter(
    ({ target, kind }, place) =>
      failures.findIndex((each) => each.target === target && each.kind === kind) === place,
  );

const titleOf = (results: Results, name: string): string =>
  results.targets.find((each) => each.name === name)?.title ?? name;

function challengeSection(results: Results): string {
  const { date, seed, versions, machine, seconds, troubles, targets: counts, failures } = results;
  const ours = failures.filter(({ target }) => target === "gateway");
  const stories = firstOfEach(failures).map(
    ({
      target,
      kind,
      why,
      story,
    }) => `**${titleOf(results, target)}: ${kind}.** ${why[0]?.toUpperCase()}${why.slice(1)}.

\`\`\`text
${(story ?? []).join("\n")}
\`\`\`
`,
  );
  return `## The challenge

\`npm run challenge -- --seed ${seed}\`: one debit operation, written three ways, through the same callers and the same faults against the same
sandbox of AggrePay. The sandbox's ledger judges; it shares no code with those that are judged. Each target is struck at the same numbered
effects (an identity's first call that would move money), not at the same millisecond.

${table(rowsOf(counts))}

- *Moved twice*: the ledger has two movements of one identity.
- *Untrue*: somebody was told no, and it had moved; or yes, and it had not; or a record of the target's own says so.
- *Lost*: nobody was told, no record settles it, and no person is asked to.
- *Until known*: from the first request to the first final answer, of callers that repeat. Time limits are shortened alike for all
  (provider ${times.provider / 1000} s, function ${times.function / 1000} s, quiet period ${times.quiet / 1000} s). With the gateway's own limits a doubt about a debit that did **not** happen takes more than
  ${quietPeriod}; one that did happen is known at the first repeat. The machine was busy; compare the columns, not with other machines.

${factsOf(date, seed, versions)}; ${machine}; ${seconds} s. Identities by the trouble that was planned for them: ${Object.entries(
    troubles,
  )
    .map(([kind, count]) => `${kind} ${count}`)
    .join(", ")}. That is far more trouble than in life: the table compares, and predicts no rate.

### What is compared, and how fairly

${table([["", "Written after", "It promises", "It did"], ...targets.map((target) => promiseRow(results, target.name))], false)}

- All three debit with the provider's own unique id, so where the provider keeps that id as it was sent, it refuses a second debit itself.
  It cannot where it keeps ids in another form ([the forms](sandbox.md)), which no provider's document rules out. Moved twice
  of ids that are kept as sent: ${counts.map(({ title, movedTwiceUnaltered }) => `${title} ${movedTwiceUnaltered}`).join(", ")}.
- The rivals are in [challenge/rivals](../challenge/rivals/powertools.ts), to be read by those who know them better. The SDK by hand asks the
  provider before it sends again. Powertools has the wrapper instead of the middleware, because version 2.35.0 of the middleware
  [deletes the record of a request that is under way](https://github.com/aws-powertools/powertools-lambda-typescript/issues/5675).
  Payload validation, the Lambda context and the expiry of what is in progress are on.
- What the rivals do not do, and nothing here counts against them: checking the reply's signature.
- Callers repeat after 409, 429, 5xx and no answer with growing, spread pauses; the gateway's callers as \`retry\` and \`Retry-After\` say.
  A tenth ask once and are gone.

### Misses

${ours.length === 0 ? "The gateway has none under this seed." : `The gateway failed ${ours.length} times under this seed; the stories are below.`} ${waitsOf(results)}
The command prints the story of each failure; [challenge/results.json](../challenge/results.json) names all. The first of each kind:

${stories.join("\n")}`;
}

/** As it is deployed unless told otherwise. */
const quietPeriod = `${timeSettings.quietPeriodMs.preset / 60_000} minutes`;

const waitsOf = ({ targets: counts }: Results): string => {
  const { waits = 0, waitsUnaltered = 0 } = counts.find(({ name }) => name === "gateway") ?? {};
  if (waits === 0) return "";
  const others =
    waitsUnaltered === 0
      ? ""
      : ` ${waitsUnaltered} of them have ids that were kept as sent: doubt that grew too old.`;
  return `${waits} of its debits wait for a person: the provider kept their ids in another form and the first replies were lost, so nothing that it shows under an id proves either.${others}`;
};

interface Promised {
  readonly after: string;
  readonly promise: string;
}

const promises: Readonly<Record<string, Promised>> = {
  "by-hand": {
    after:
      "[Making retries safe with idempotent APIs](https://aws.amazon.com/builders-library/making-retries-safe-with-idempotent-APIs/)",
    promise:
      'Nothing by itself: "retrying a service call [...] is based on a simplifying assumption that an operation can be retried without any side effects"',
  },
  powertools: {
    after:
      "[Powertools, Idempotency](https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/)",
    promise:
      '"a second request containing the exact same payload above will now return the same response, ensuring our customer isn\'t charged twice"; and "any unhandled exceptions [...] will cause the record in the persistence layer to be deleted"',
  },
  "powertools-asking": {
    after: "the same, and one question more that its documentation does not ask for",
    promise: "the same",
  },
  gateway: {
    after: "[The API](api.md)",
    promise: '"Nothing that a provider may have acted on is sent again"; "only evidence settles it"',
  },
};

function promiseRow(results: Results, name: string): readonly string[] {
  const { after = "", promise = "" } = promises[name] ?? {};
  const found = results.targets.find((each) => each.name === name);
  const did =
    found === undefined
      ? ""
      : `of ${found.identities}: ${found.movedTwice} moved twice, ${found.untrue} untrue, ${found.lost} lost, ${found.waits} wait for a person`;
  return [titleOf(results, name), after, promise, did];
}

function whyPage(results: Results): string {
  const bench = readBench();
  const of = (name: string) => {
    const found = results.targets.find((each) => each.name === name);
    if (found === undefined) throw new Error(`challenge/results.json has no ${name}`);
    return found;
  };
  const [byHand, powertools, asking, gateway] = [
    of("by-hand"),
    of("powertools"),
    of("powertools-asking"),
    of("gateway"),
  ];
  /** A row of a table of docs/performance.md, by its first cell; those under it begin with two blanks. */
  const measured = (part: string, row: string): readonly string[] | undefined =>
    bench[part]?.rows.find(([first = ""]) => first.trim() === row);
  const benchRows = (
    [
      ["Warm debit at 10 ms to the provider", "distance", "debit-wallet: TLS, 10 ms; store 3 ms"],
      ["Warm debit at no distance", "distance", "debit-wallet: http, no distance"],
      ["Cold debit, import to first answer", "cold", "debit-wallet: from import to the first answer"],
      ["Memory of a debit", "memory", "debit-wallet"],
      ["Bundle of a debit", "sizes", "debit-wallet"],
    ] as const
  ).map(([what, part, row]) => {
    const found = measured(part, row);
    if (found === undefined) throw new Error(`bench/results.json has no row "${row}" of ${part}`);
    return [what, ...found.slice(1)];
  });
  const unknown = (each: typeof gateway) => each.identities - each.told;
  return `# Why not write it yourself

Written by \`npm run docs\`. For somebody who thinks of writing the wallet calls with middy and Powertools, which is a good way to write
most functions. The figures are of [the challenge](proof.md#the-challenge) (seed ${results.seed}, ${results.date}) and of [the benches](performance.md).

## In short

The hard part is no request and no retry. It is what to say when the provider's answer did not come. Of ${gateway.identities} debits under heavy faults:

${table(rowsOf(results.targets))}

Of the debits whose ids the provider keeps as they were sent, ${byHand.movedTwiceUnaltered}, ${powertools.movedTwiceUnaltered}, ${asking.movedTwiceUnaltered} and ${gateway.movedTwiceUnaltered} moved twice: the provider's own check of the id held.
*The SDK by hand* is written with care: it claims by a conditional write, keeps answers, takes over what was abandoned, and asks the provider before it
sends again. If you write all that, and your provider keeps your ids as you send them, you come close.

## What a library cannot know

- **An exception is no proof.** Powertools deletes the record when the handler throws, so that the repeat runs again. After a lost reply the
  money has moved, and the repeat is refused by the provider as taken, which a handler tells its caller as a no: ${powertools.untrue} untrue answers.
  A handler that looks up what is taken has ${asking.untrue}.
- **A record in progress expires by a clock.** Then the request runs again, whether or not the first one acted. It is the provider's unique id alone
  that holds it back; where the provider keeps that id in another form, nothing does: moved twice ${byHand.movedTwice}, ${powertools.movedTwice} and ${asking.movedTwice} times.
- **An error code that no table knows is no refusal.** The rivals take the provider's \`error\` for a no. Here an unknown code is doubt, and the provider is
  asked: ${byHand.untrue} untrue answers by hand, ${gateway.untrue} here.
- **Callers leave.** Who asked once and is gone is told nothing, and with the rivals nobody else is: ${byHand.lost}, ${powertools.lost} and ${asking.lost} debits are
  lost, of which ${byHand.lostAndMoved}, ${powertools.lostAndMoved} and ${asking.lostAndMoved} had moved. Here a function asks every minute, whoever has left: ${gateway.lost} lost.

## What this gateway costs you

${table([["", "SDK by hand (floor)", "middy + Powertools (usual)", "this gateway", "of usual", "of floor"], ...benchRows])}

- **It is slower where it does not know.** Under trouble its answers took ${gateway.p50} ms (p50) and ${gateway.p99} ms (p99) until known; the rivals ${byHand.p50} and ${byHand.p99} ms,
  ${powertools.p50} and ${powertools.p99} ms, ${asking.p50} and ${asking.p99} ms. That is with limits shortened alike. Deployed, a debit whose reply was lost and that did *not*
  happen is known only after ${quietPeriod} and more, because an absence proves nothing before ([how doubt is settled](architecture.md#how-doubt-is-settled)). The rivals send again
  at once.
- **It asks people.** ${gateway.waits} of ${gateway.identities} debits wait for a person, where the provider shows nothing that can be trusted; ${unknown(gateway)} callers were told
  nothing final in the time that they had (rivals: ${unknown(byHand)}, ${unknown(powertools)}, ${unknown(asking)}). Somebody has to answer [that list](operations.md#a-record-that-needs-attention).
- **Callers must repeat.** The same request under the same identity, until the answer is final; 35 s of patience for each.
- **It is a stack.** A function for each operation, a table, a queue, a schedule each minute, alarms ([cost](cost.md)). By hand it is one function and a table.
- **It is more code to trust**: its processor time is above the SDK's by hand ([what is missed](performance.md#what-was-promised-and-what-is-missed)).

## When not to use it

- Your provider takes an idempotency key, keeps it exactly, and answers a repeat with the first result. Then Powertools, or a key alone, is enough.
- What you call moves nothing, or may be done twice.
- Your answer must be final within seconds in every case, and an untrue one now and then is cheaper than a doubt.
- Nobody will look at what waits for a person.
- You need another provider than these five and another operation than theirs: [a provider is a folder](../CONTRIBUTING.md#adding-a-provider), and its doubts are yours to think through.

## If you write it yourself all the same

1. Never delete the claim because something threw. Keep it as not known.
2. Ask the provider before you send again, by more than your own id where it may alter that.
3. Take no error for a refusal that its document does not name.
4. Say nothing final before your own write is acknowledged.
5. Let something ask that does not depend on a caller, and list what it cannot settle for a person.
6. Judge it by the provider's ledger, with processes killed between its yes and your write. \`challenge/\` can run your function too: a target is
   [a dozen lines](../challenge/targets.ts).
`;
}
