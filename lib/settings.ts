import { leastFunctionMs, presetBackOff, presetTimes, type Times, tableVariable } from "./config.ts";
import { namespaceVariable } from "./metrics.ts";
import type { Setting } from "./providers/facts.ts";
import { providerNames, providers } from "./providers/index.ts";
import { merchantQueueVariable, notificationQueueVariable } from "./queue.ts";
import type { ProviderName } from "./secrets/names.ts";

/**
 * All that functions are told by their environment, each once. The stack checks and writes it, the local host overrides it,
 * docs/configuration.md prints it, and `readConfig` of config.ts reads it. The sentences are in no bundle:
 * nothing that runs on Lambda imports this file.
 */

const minute = 60_000;

export interface TimeSetting {
  /** In milliseconds, where a deployment chooses nothing. */
  readonly preset: number;
  readonly about: string;
  /** In milliseconds, in production: smaller values are for a local host. */
  readonly leastInProduction?: number;
  /** In milliseconds, and why no deployment has more. */
  readonly most?: { readonly ms: number; readonly because: string };
  /** In milliseconds, the value at `npm start` where it is another. */
  readonly local?: number;
}

/** Whole numbers of milliseconds; `outOfOrder` says in which order. */
export const timeSettings: Readonly<Record<keyof Times, TimeSetting>> = {
  providerTimeoutMs: {
    preset: 20_000,
    leastInProduction: 1_000,
    about:
      "How long a change waits for its reply. Leaves 4000 of `functionTimeoutMs`, to connect and to record",
  },
  inquiryTimeoutMs: {
    preset: presetTimes.inquiryTimeoutMs,
    leastInProduction: 1_000,
    about:
      "At most `providerTimeoutMs`. How long `reconcile` waits for the reply to one question; a caller's repeat waits as long as for a change",
  },
  functionTimeoutMs: {
    preset: 28_000,
    most: { ms: 29_000, because: "an HTTP API gives up after 30 s" },
    about: `In whole seconds, at least ${leastFunctionMs}, and less than \`leaseMs\``,
  },
  leaseMs: {
    preset: 33_000,
    most: { ms: 15 * minute, because: "nobody asks what became of an attempt before it is over" },
    about: "How long an attempt is its owner's alone",
  },
  quietPeriodMs: {
    preset: 15 * minute,
    leastInProduction: 5 * minute,
    local: 5_000,
    about:
      "After a lease. Until it is over, the provider showing nothing does not prove that nothing happened",
  },
  bindingWaitMs: {
    preset: presetTimes.bindingWaitMs,
    leastInProduction: 10 * minute,
    about: "How long the notification of a registration in doubt is waited for",
  },
  doubtLimitMs: {
    preset: presetTimes.doubtLimitMs,
    about:
      "Longer than `leaseMs` and `quietPeriodMs` together. A record still in doubt after this long becomes `needs_attention`",
  },
};

/** The same for all deployments; a local run may choose. */
export const backOff = {
  preset: presetBackOff,
  local: "1000,2000,5000",
  about: "Pauses between one inquiry and the next in milliseconds, the last one repeated",
};

function ofProvider(name: ProviderName): Readonly<Record<string, Setting>> {
  const { title, hosts, hasChanges, settings } = providers[name];
  const hasOwnHosts = hosts.dev === undefined || hosts.prod === undefined;
  return {
    [`${name}BaseUrl`]: {
      kind: hasOwnHosts ? "originOrNone" : "origin",
      preset: { dev: hosts.dev ?? "none", prod: hosts.prod ?? "none" },
      about: hasOwnHosts
        ? `${title} gives each merchant a production host of its own. With \`none\` its calls are answered 502`
        : `The host of ${title}; that of one stage is refused in the other`,
      ...(hosts.prod === undefined && {
        mustBeChosen: `${title} gives each merchant a production host of its own; none refuses its calls`,
      }),
    },
    ...(hasChanges && {
      [`${name}Account`]: {
        kind: "account",
        preset: "main",
        mustBeChosen: "it is part of every record's identity and must never change",
        about:
          "**Never change it once there are records: identities would be forgotten.** Its secret must stay that of one merchant: [another one takes another name](operations.md#rotating-a-secret)",
      },
    }),
    ...settings,
  };
}

export const timeNames = Object.keys(timeSettings) as readonly (keyof Times)[];

/** By the name of the context value; `variableOf` gives the environment variable. */
export const settings: Readonly<Record<string, Setting>> = {
  ...Object.assign({}, ...providerNames.map(ofProvider)),
  webhookBaseUrl: {
    kind: "origin",
    about:
      "Where NICEPAY is told to notify. Not chosen: `domainName`, else the webhook API's own URL (`WebhookUrl`)",
  },
  merchantWebhookUrl: {
    kind: "merchantUrl",
    inTemplate: true,
    about:
      "Where [events are delivered](events.md#to-a-merchants-own-url), signed. It adds a function, two queues and a secret. At `npm start` also such as `http://127.0.0.1:4000/events`",
  },
  books: {
    kind: "onOrOff",
    preset: "off",
    local: "on",
    inTemplate: true,
    about:
      "The provider's own lists, and with `nicepayUserDetail` what NICEPAY shows of user tokens, are [compared with the records](operations.md#the-providers-books) every day. It adds two functions and an index of the table, which is a write unit more for each change, and `throttleRate` is then at most 1000. A `DATA_DIR` whose table has that index is not served with `off`",
  },
  booksCallsADay: {
    kind: "count",
    of: "calls",
    least: 1,
    most: 9_999_999,
    preset: "20000",
    about:
      "With `books`: calls of a provider for one day's lists. What is left when they are used up is told",
  },
  secondPerson: {
    kind: "secondPerson",
    preset: { dev: "off", prod: "on" },
    // Without AUTH=iam all callers are one.
    local: "off",
    about:
      "Whether `not_executed` or `declined` of money by hand takes [a second person](operations.md#a-second-person). At `npm start` `on` and `session` need `AUTH=iam`",
  },
};

/** Known to the stack alone; a deployment does not choose it. */
export const written: Readonly<Record<string, string>> = {
  [tableVariable]: "The table of records",
  "<NAME>_SECRET_ID": "Of each secret that the function may read",
  [notificationQueueVariable]: "The queue of notifications that could not be recorded at once",
  [merchantQueueVariable]: "The queue of events for the merchant's own URL",
  [namespaceVariable]: "Of the metrics: the stack's name",
};
