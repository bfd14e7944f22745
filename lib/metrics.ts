import type { Environment } from "./config.ts";
import type { RequestLog } from "./log.ts";

/** Every metric, with its unit. What each counts is said where it is counted, below. */
export const units = {
  Calls: "Count",
  Replayed: "Count",
  ProviderLatency: "Milliseconds",
  ProviderFaults: "Count",
  Misconfigured: "Count",
  Unexpected: "Count",
  Setbacks: "Count",
  InDoubt: "Count",
  NeedsAttention: "Count",
  Outcomes: "Count",
  WebhookReceived: "Count",
  WebhookRefused: "Count",
  WebhookBound: "Count",
  WebhookStray: "Count",
  WebhookDropped: "Count",
  WebhookUnlisted: "Count",
  WebhookQueued: "Count",
  QueueFailed: "Count",
  QueueJunk: "Count",
  LookedAt: "Count",
  Failed: "Count",
  OldestDoubt: "Seconds",
  Overdue: "Count",
  OldestOverdue: "Seconds",
  WaitingForPerson: "Count",
  Reconciled: "Count",
} as const;

export type Metric = keyof typeof units;
/** As the embedded metric format names them. */
const named = Object.entries(units).map(([name, Unit]) => ({ Name: name as Metric, Unit }));
export type Dimension = "provider" | "outcome" | "reason" | "state" | "function";

/** Metrics under one set of dimensions. A value that is undefined is not counted. */
export interface Counts {
  readonly by: { readonly [Name in Dimension]?: string };
  readonly values: { readonly [Name in Metric]?: number | undefined };
}

export const namespaceVariable = "METRICS_NAMESPACE";

/** The namespace of this deployment's metrics: `METRICS_NAMESPACE`, or `WalletGateway` where it is not set. */
export const namespaceIn = (env: Environment): string => env[namespaceVariable] || "WalletGateway";

/**
 * The members by which a log line is counted, with no call of its own.
 * Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
 */
export function embedded(counts: readonly Counts[], namespace: string, now: number): object {
  const directives = counts.map(({ by, values }) => ({
    Namespace: namespace,
    Dimensions: [Object.keys(by)],
    Metrics: named.filter(({ Name }) => values[Name] !== undefined),
  }));
  const members = counts.flatMap(({ by, values }) => [by, values]);
  return Object.assign({ _aws: { Timestamp: now, CloudWatchMetrics: directives } }, ...members);
}

/** What is known of a request that is counted and not logged. */
export interface Counted {
  /** It ended in an unexpected error: not in an answer, nor in a Problem. */
  readonly unexpected?: boolean;
  /**
   * The provider was to be reached, and it or the network was at fault: no connection, no whole reply in time, a 5xx, a
   * reply that does not verify, cannot be read or says what no table lists, or too many requests. Not a refusal that is
   * listed, our own credentials refused, a failure of ours before or after the call, or what a record answered.
   */
  readonly providerFault?: boolean;
  /** Of these, a whole reply in the provider's own form that does not verify or is not what the contract says. */
  readonly misread?: boolean;
  /** The record was put in doubt, or an attempt left behind without a word. */
  readonly inDoubt?: boolean;
  /** The record was put on the list of those that wait for a person. */
  readonly needsAttention?: boolean;
  /** What became of a genuine notification. `queued`: it waits, perhaps unverified. `dropped`: as many strays like it as are kept were there; once in a minute. */
  readonly notification?: "bound" | "stray" | "dropped" | "queued";
  /** It came from an address that is not on the list. */
  readonly unlisted?: boolean;
}

export type RequestLine = RequestLog & Counted;

const one = (is: boolean | undefined): 0 | 1 => (is ? 1 : 0);

/**
 * A request of a function that calls a provider. `Replayed`: a record answered. `ProviderLatency`: where a call was sent, from
 * connecting to the last byte, all calls of the request together; questions about a record in doubt are not in it.
 */
export const providerCounts =
  (provider: string) =>
  (told: RequestLine): readonly Counts[] => [
    {
      by: { provider },
      values: {
        Calls: 1,
        Replayed: one(told.replayed),
        ProviderLatency: told.code === "not-sent" ? undefined : told.providerMs,
        ProviderFaults: one(told.providerFault),
        Misconfigured: one(told.code === "misconfigured"),
        InDoubt: one(told.inDoubt),
        NeedsAttention: one(told.needsAttention),
      },
    },
    { by: { provider, outcome: told.code ?? "ok" }, values: { Outcomes: 1 } },
  ];

/** A delivery of a notification. `WebhookRefused`: it was not kept; `reason` is the status that it was answered with. */
export const webhookCounts =
  (provider: string) =>
  ({ status, notification, unlisted }: RequestLine): readonly Counts[] => {
    const refused = status !== 200;
    const values = {
      WebhookReceived: 1,
      WebhookRefused: one(refused),
      WebhookQueued: notification === "queued" ? 1 : undefined,
      ...ofNotification({ notification, unlisted }),
    };
    const byReason = { by: { provider, reason: String(status) }, values: { WebhookRefused: 1 } };
    return [{ by: { provider }, values }, ...(refused ? [byReason] : [])];
  };

interface OfNotification {
  readonly notification?: Counted["notification"] | undefined;
  readonly unlisted?: boolean | undefined;
}

const ofNotification = ({ notification, unlisted }: OfNotification): Counts["values"] => ({
  WebhookBound: notification === "bound" ? 1 : undefined,
  WebhookStray: notification === "stray" ? 1 : undefined,
  WebhookDropped: notification === "dropped" ? 1 : undefined,
  WebhookUnlisted: unlisted ? 1 : undefined,
});

/** What became of a message of the queue. `failed`: it comes again. `junk`: it was no notification of ours, and is gone. */
export interface TakenFromQueue extends OfNotification {
  readonly failed?: boolean;
  readonly junk?: boolean;
}

export const queueCounts = (provider: string, taken: TakenFromQueue): readonly Counts[] => {
  const values = {
    ...ofNotification(taken),
    QueueFailed: taken.failed ? 1 : undefined,
    QueueJunk: taken.junk ? 1 : undefined,
  };
  // What was done with a message before counts nothing.
  return Object.values(values).some((value) => value !== undefined) ? [{ by: { provider }, values }] : [];
};

/**
 * What a request of any function counts where something is wrong, and only there: a metric that does not come costs nothing.
 * `Setbacks`: what a new version of the function may have broken, be it that it met an error and could still say what it means,
 * as where the table refuses it, or that it cannot read what the provider says. What a provider's outage shows is none: no
 * connection, no reply in time, 5xx, a page in place of a reply. `Misconfigured`, of all functions together, is for those that
 * call no provider, too.
 */
export function setbackCounts(told: RequestLine): readonly Counts[] {
  const { function: name, code, error, unexpected, misread } = told;
  const misconfigured = code === "misconfigured";
  const values = { Unexpected: unexpected ? 1 : undefined, Setbacks: 1 };
  return [
    ...(error !== undefined || misread || misconfigured ? [{ by: { function: name }, values }] : []),
    ...(misconfigured ? [{ by: {}, values: { Misconfigured: 1 } }] : []),
  ];
}

/** What a run of the reconciler has seen so far. */
export interface Tally {
  /** Records in doubt that were due and read, whatever came of it. */
  lookedAt: number;
  /** The greatest age, counted from the attempt's dispatch, of those that are in doubt after the look. */
  oldestDoubtMs?: number;
  /** Records, and bindings that are flagged, that wait for a person; unknown where a shard could not be counted. */
  waiting?: number;
  /** Records in doubt that were due for longer than runs that are well ever leave them; unknown as `waiting`. */
  backlog?: { readonly count: number; readonly oldestMs: number | undefined };
  /** Of records that could not be looked into, and of shards that could not be read. */
  readonly failures: unknown[];
}

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : Math.round(milliseconds / 1000);

export const runCounts = ({
  lookedAt,
  oldestDoubtMs,
  waiting,
  backlog,
  failures,
}: Tally): readonly Counts[] => [
  {
    by: {},
    values: {
      LookedAt: lookedAt,
      Failed: failures.length,
      OldestDoubt: seconds(oldestDoubtMs),
      Overdue: backlog?.count,
      OldestOverdue: seconds(backlog?.oldestMs),
      WaitingForPerson: waiting,
    },
  },
];

/** A record that the reconciler moved to that state. */
export const reconciledCounts = (state: string): readonly Counts[] => [
  { by: { state }, values: { Reconciled: 1 } },
];
