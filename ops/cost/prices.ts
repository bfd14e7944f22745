/**
 * List prices of us-east-1, without free tiers, savings plans or taxes. AWS's own pages fill their figures in by script, so
 * each was read where the source says; look at the page of the service before money depends on it.
 */

const billion = 1_000_000_000n;
const terabyte = 1n << 40n;
const gigabyte = 1n << 30n;

/** A price applies up to and including `upTo` units in a month; the last to all that is left. */
interface Tier {
  /** For each `per` units, a decimal number of dollars. */
  readonly dollars: string;
  readonly upTo?: bigint;
}

export interface Price {
  readonly what: string;
  /** For people: what one `per` is. */
  readonly unit: string;
  /** How many of the model's units that is. */
  readonly per: bigint;
  readonly tiers: readonly [Tier, ...Tier[]];
  readonly source: string;
  /** When the source was written, or "undated". */
  readonly dated: string;
  /** What is not certain about it. */
  readonly check?: string;
}

const lambda =
  "https://git.mcrn.ar/mariano/lambda_local_runner/src/branch/main/docs/lambdas-md/lambda-13-cost.md";
const dynamodb = "https://airbyte.com/data-engineering-resources/dynamodb-pricing";
const eventBridge = "https://cloudburn.io/blog/amazon-eventbridge-pricing";
const logs = "https://hykell.com/kb/platform-specific-guides/aws-cloudwatch-logs-pricing";
const secrets = "https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms";
const kms = "https://www.wring.co/blog/aws-kms-pricing-guide";
const secondary = "not read on AWS's own page";

export const prices = {
  invocation: {
    what: "Lambda, requests",
    unit: "million",
    per: 1_000_000n,
    tiers: [{ dollars: "0.20" }],
    source: lambda,
    dated: "2026-05-11",
    check: secondary,
  },
  duration: {
    what: "Lambda, duration (arm64)",
    unit: "GB-second",
    // The model counts megabyte-milliseconds.
    per: 1_024_000n,
    tiers: [
      { dollars: "0.0000133334", upTo: (15n * billion * 1_024_000n) / 2n },
      { dollars: "0.0000120001" },
    ],
    source: lambda,
    dated: "2026-05-11",
    check: `${secondary}; the tiers at https://cloudchipr.com/blog/aws-lambda-pricing (2024)`,
  },
  request: {
    what: "API Gateway, HTTP API requests (of 512 KB)",
    unit: "million",
    per: 1_000_000n,
    tiers: [{ dollars: "1.00", upTo: 300_000_000n }, { dollars: "0.90" }],
    source: "https://www.learnaws.org/2021/01/10/api-gateway-pricing/",
    dated: "2021-01-10",
    check: `${secondary}; the first tier again on 2025-05-19 at awsforengineers.com`,
  },
  write: {
    what: "DynamoDB, write request units",
    unit: "million",
    per: 1_000_000n,
    tiers: [{ dollars: "0.625" }],
    source: dynamodb,
    dated: "2025-07-21",
    check: secondary,
  },
  read: {
    what: "DynamoDB, read request units",
    unit: "million",
    // The model counts halves, which is what an eventually consistent read takes.
    per: 2_000_000n,
    tiers: [{ dollars: "0.125" }],
    source: dynamodb,
    dated: "2025-07-21",
    check: secondary,
  },
  storage: {
    what: "DynamoDB, storage",
    unit: "GB-month",
    per: gigabyte,
    tiers: [{ dollars: "0.25" }],
    source: "https://aws.amazon.com/dynamodb/pricing/",
    dated: "undated",
  },
  backup: {
    what: "DynamoDB, point-in-time recovery",
    unit: "GB-month",
    per: gigabyte,
    tiers: [{ dollars: "0.20" }],
    source: "AWS Price List, usage type TimedPITRStorage-ByteHrs of us-west-2",
    dated: "undated",
    check: "quoted by a public repository, for us-west-2",
  },
  pipe: {
    what: "EventBridge Pipes, requests after the filter (of 64 KB)",
    unit: "million",
    per: 1_000_000n,
    tiers: [{ dollars: "0.40" }],
    source: eventBridge,
    dated: "2026-03-13",
    check: `${secondary}; whether a pipe's reading of the stream is charged was not found, and is left out`,
  },
  event: {
    what: "EventBridge, custom events (of 64 KB)",
    unit: "million",
    per: 1_000_000n,
    tiers: [{ dollars: "1.00" }],
    source: eventBridge,
    dated: "2026-03-13",
    check: secondary,
  },
  functionLog: {
    what: "CloudWatch, logs of functions, taken in",
    unit: "GB",
    per: gigabyte,
    tiers: [
      { dollars: "0.50", upTo: 10n * terabyte },
      { dollars: "0.25", upTo: 30n * terabyte },
      { dollars: "0.10", upTo: 50n * terabyte },
      { dollars: "0.05" },
    ],
    source: "https://www.duckbillgroup.com/?p=9080",
    dated: "2025-05",
    check: `${secondary}; it gives the first tier and what 60 TB cost, which these tiers give too`,
  },
  accessLog: {
    what: "CloudWatch, access log, taken in",
    unit: "GB",
    per: gigabyte,
    tiers: [{ dollars: "0.50" }],
    source: logs,
    dated: "undated",
    check: `${secondary}; it may have the tiers of the functions' logs too, and then costs less`,
  },
  logStorage: {
    what: "CloudWatch, logs, kept",
    unit: "GB-month",
    per: gigabyte,
    tiers: [{ dollars: "0.03" }],
    source: logs,
    dated: "undated",
    check: secondary,
  },
  metric: {
    what: "CloudWatch, custom metrics",
    unit: "metric-month",
    per: 1n,
    tiers: [{ dollars: "0.30" }],
    source: "https://signoz.io/guides/cloudwatch-pricing",
    dated: "2026-02-15",
    check: secondary,
  },
  alarm: {
    what: "CloudWatch, metrics that alarms watch",
    unit: "metric-month",
    per: 1n,
    tiers: [{ dollars: "0.10" }],
    source: "https://c3x.dev/resources/aws/aws_cloudwatch_metric_alarm",
    dated: "undated",
    check: secondary,
  },
  dashboard: {
    what: "CloudWatch, dashboards",
    unit: "dashboard-month",
    per: 1n,
    tiers: [{ dollars: "3.00" }],
    source: "https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/",
    dated: "2026-06-13",
    check: secondary,
  },
  key: {
    what: "KMS, key",
    unit: "key-month",
    per: 1n,
    tiers: [{ dollars: "1.00" }],
    source: kms,
    dated: "undated",
    check: `${secondary}; each of the first two yearly rotations may add as much`,
  },
  keyUse: {
    what: "KMS, requests",
    unit: "10,000",
    per: 10_000n,
    tiers: [{ dollars: "0.03" }],
    source: kms,
    dated: "undated",
    check: secondary,
  },
  secret: {
    what: "Secrets Manager, secrets",
    unit: "secret-month",
    per: 1n,
    tiers: [{ dollars: "0.40" }],
    source: secrets,
    dated: "undated",
    check: secondary,
  },
  secretUse: {
    what: "Secrets Manager, requests",
    unit: "10,000",
    per: 10_000n,
    tiers: [{ dollars: "0.05" }],
    source: secrets,
    dated: "undated",
    check: secondary,
  },
  transfer: {
    what: "Data out, to providers and callers",
    unit: "GB",
    per: gigabyte,
    tiers: [{ dollars: "0.09" }],
    source: "https://www.egresscost.com/aws",
    dated: "undated",
    check: `${secondary}; less above 10 TB, and for callers in the same Region`,
  },
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof prices;

export const priceNames = Object.keys(prices) as readonly PriceName[];

const nat = "https://cloudburn.io/blog/aws-nat-gateway-pricing";
const privateLink = "https://awsnegotiations.com/privatelink-cost-analysis.html";

/** What fixed addresses cost beside the rest (`egress: fixed`); the gateway endpoint of DynamoDB costs nothing. */
export const egressPrices = {
  natHour: {
    what: "NAT gateway, there",
    unit: "hour",
    per: 1n,
    tiers: [{ dollars: "0.045" }],
    source: nat,
    dated: "2026-02-24",
    check: `${secondary}; ap-south-1 and others have more`,
  },
  natData: {
    what: "NAT gateway, data in both directions",
    unit: "GB",
    per: gigabyte,
    tiers: [{ dollars: "0.045" }],
    source: nat,
    dated: "2026-02-24",
    check: `${secondary}; data out is charged as well, as without`,
  },
  address: {
    what: "Public IPv4 address, used or not",
    unit: "hour",
    per: 1n,
    tiers: [{ dollars: "0.005" }],
    source: "https://www.doit.com/aws-public-ipv4-price-increase-the-complete-guide/",
    dated: "undated",
    check: secondary,
  },
  endpointHour: {
    what: "Interface endpoint, in each zone",
    unit: "hour",
    per: 1n,
    tiers: [{ dollars: "0.01" }],
    source: privateLink,
    dated: "2026-05",
    check: secondary,
  },
  endpointData: {
    what: "Interface endpoint, data in both directions",
    unit: "GB",
    per: gigabyte,
    tiers: [{ dollars: "0.01" }],
    source: privateLink,
    dated: "2026-05",
    check: `${secondary}; less above 1 PB`,
  },
  flowLog: {
    ...prices.functionLog,
    what: "CloudWatch, flow log, taken in",
    check: `${secondary}; taken to have the tiers of other logs that AWS's services write`,
  },
  flowLogStorage: { ...prices.logStorage, what: "CloudWatch, flow log, kept" },
} as const satisfies Readonly<Record<string, Price>>;

export type EgressPriceName = keyof typeof egressPrices;
