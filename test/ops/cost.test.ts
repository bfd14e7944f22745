import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../infra/config.ts";
import { sharesOf } from "../../lib/operation/share.ts";
import { cost } from "../../ops/cost/cost.ts";
import { documentTables, presetMix, readDocument, stageRps, updated } from "../../ops/cost/document.ts";
import { costOf, grouped, picodollars, shownDollars } from "../../ops/cost/dollars.ts";
import { egressOf, network } from "../../ops/cost/egress.ts";
import { type Measured, readMeasured, type Situation } from "../../ops/cost/measured.ts";
import {
  billedMs,
  kinds,
  type Model,
  millionOf,
  monthOf,
  type Parameters,
  platformLog,
  presets,
  withMemory,
} from "../../ops/cost/model.ts";
import { type Away, aftermathOf, asksOf } from "../../ops/cost/outage.ts";
import { egressPrices, type Price, priceNames, prices } from "../../ops/cost/prices.ts";
import { loadsOf, providerCallsOf } from "../../ops/cost/quotas.ts";
import { production, synthesized } from "../infra/synthesized.ts";

describe("dollars", () => {
  test("are whole picodollars, without a floating-point number on the way", () => {
    expect(picodollars("0.0000133334")).toBe(13_333_400n);
    expect(picodollars("3")).toBe(3_000_000_000_000n);
    expect(() => picodollars("1e-3")).toThrow("is no price");
    expect(() => picodollars("0.0000000000001")).toThrow("is no price");
  });

  const price = (tiers: Price["tiers"], per: bigint): Price => ({
    what: "",
    unit: "",
    per,
    tiers,
    source: "",
    dated: "",
  });

  test("are charged tier by tier", () => {
    const requests = price([{ dollars: "1.00", upTo: 300n }, { dollars: "0.90" }], 1n);
    expect(shownDollars(costOf(300n, requests))).toBe("300.00");
    expect(shownDollars(costOf(310n, requests))).toBe("309.00");
    expect(costOf(0n, requests)).toBe(0n);
    const three = price([{ dollars: "3", upTo: 1n }, { dollars: "2", upTo: 3n }, { dollars: "1" }], 1n);
    expect(shownDollars(costOf(10n, three))).toBe("14.00");
  });

  test("of 60 TB of logs are what the source of their tiers says", () => {
    // https://www.duckbillgroup.com/?p=9080: 12,500 dollars, for terabytes of 1,000 GB; these have 1,024.
    expect(shownDollars(costOf(60n << 40n, prices.functionLog))).toBe("12,800.00");
  });

  test("do not depend on how a sum is cut, but for the rounding of each part", () => {
    const flat = price([{ dollars: "0.0000133334" }], 1_024_000n);
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 18n), fc.bigInt(0n, 10n ** 18n), (a, b) => {
        const difference = costOf(a, flat) + costOf(b, flat) - costOf(a + b, flat);
        expect(difference >= -1n && difference <= 1n).toBe(true);
      }),
    );
  });

  test("are shown in cents, half up", () => {
    expect(shownDollars(1_234_504_999_999_999n)).toBe("1,234.50");
    expect(shownDollars(5_000_000_000n)).toBe("0.01");
    expect(shownDollars(4_999_999_999n)).toBe("0.00");
    expect(grouped(26_280_000_000n)).toBe("26,280,000,000");
  });
});

const situation = (more: Partial<Situation>): Situation => ({
  of: "aggrepay/fetch-balance",
  calls: {},
  writeUnits: 0,
  readHalfUnits: 0,
  streamRecords: 0,
  events: 0,
  storedBytes: { table: 0, indexes: 0 },
  providerCalls: 0,
  providerBytes: 0,
  responseBytes: 0,
  logBytes: 0,
  ownMicros: 0,
  ...more,
});

/** Round numbers, so that a bill can be computed by hand. */
const measured: Measured = {
  measuredOn: "2026-01-01",
  machine: "none",
  runs: 1,
  accessLogBytes: 1024,
  logsCompressedTo: 50,
  coldStarts: {
    "aggrepay/fetch-balance": { initMicros: 100_000, secretCalls: 1 },
    "aggrepay/debit-wallet": { initMicros: 100_000, secretCalls: 1 },
    reconcile: { initMicros: 0, secretCalls: 0 },
  },
  situations: {
    balance: situation({ providerCalls: 1, providerBytes: 24, responseBytes: 0, ownMicros: 2000 }),
    debit: situation({
      of: "aggrepay/debit-wallet",
      calls: { UpdateItem: 2 },
      writeUnits: 6,
      streamRecords: 2,
      events: 1,
      providerCalls: 1,
      storedBytes: { table: 1024, indexes: 512 },
      ownMicros: 2000,
    }),
    "debit, in doubt": situation({ of: "aggrepay/debit-wallet", calls: { UpdateItem: 2 }, providerCalls: 1 }),
    "debit in doubt, repeated": situation({
      of: "aggrepay/debit-wallet",
      storedBytes: { table: 1024, indexes: 0 },
    }),
    record: situation({ of: "records/get", calls: { GetItem: 1 }, readHalfUnits: 2 }),
    "reconcile, nothing due": situation({ of: "reconcile", calls: { Query: 64 }, readHalfUnits: 64 }),
    "reconcile, one in doubt": situation({ of: "reconcile", readHalfUnits: 66, writeUnits: 6 }),
  },
};

const model = (mix: Parameters["mix"], more: Partial<Parameters> = {}): Model => ({
  measured,
  parameters: {
    ...presets,
    slowdownPercent: 200,
    coldPerMillion: 0,
    tlsBytes: 1000,
    months: 1,
    logMonths: 1,
    rps: 1,
    mix,
    ...more,
  },
});

const all = (name: string) => new Map([[name, 1_000_000]]);
const line = (of: Model, name: (typeof priceNames)[number]) =>
  shownDollars(monthOf(of).lines.get(name) ?? 0n);

describe("a month, computed by hand", () => {
  // 2,628,000 requests.
  test("of debits", () => {
    const debits = model(all("debit"));
    // 2 ms twice over, two calls of 5 ms, 300 ms of the provider.
    expect(billedMs(debits, "debit")).toBe(314n);
    const { usage, requests } = monthOf(debits);
    expect(requests).toBe(2_628_000n);
    // Reconcile: 43,800 runs of 64 queries, which take half a read unit each; 8 at a time of 5 ms.
    expect(usage).toMatchObject({
      // Four workers a minute, whose shares make one run.
      invocation: 2_628_000n + 4n * 43_800n,
      duration: 2_628_000n * 314n * 512n + 43_800n * 40n * 1_769n,
      request: 2_628_000n,
      write: 15_768_000n,
      read: 2_803_200n,
      storage: 2_628_000n * 1536n,
      backup: 2_628_000n * 1024n,
      pipe: 2_628_000n,
      event: 2_628_000n,
      functionLog: (2_628_000n + 4n * 43_800n) * BigInt(platformLog),
      accessLog: 2_628_000n * 1024n,
      metric: 76n,
      // One environment, 8,760 times five minutes; DynamoDB asks for its key as often, for it and for reconcile.
      secretUse: 8760n,
      keyUse: 3n * 8760n,
      transfer: 2_628_000n * 1000n,
    });
    expect(line(debits, "write")).toBe("9.86");
    expect(line(debits, "request")).toBe("2.63");
    // 825,192,000 ms of half a GB, and 1,752,000 of 1.73 GB, at 0.0000133334 a second.
    expect(line(debits, "duration")).toBe("5.54");
    expect(line(debits, "storage")).toBe("0.94");
    expect(line(debits, "read")).toBe("0.18");
  });

  test("of reads, which have neither table nor record", () => {
    const { usage } = monthOf(model(all("balance")));
    expect(usage).toMatchObject({ write: 0n, storage: 0n, event: 0n, transfer: 2_628_000n * 1024n });
  });

  test("with cold starts: their time, their secret and its key", () => {
    const { usage } = monthOf(model(all("balance"), { coldPerMillion: 10_000 }));
    const warm = monthOf(model(all("balance"))).usage;
    // One in a hundred, 200 ms each.
    expect(usage.duration - warm.duration).toBe(26_280n * 200n * 512n);
    expect(usage.secretUse - warm.secretUse).toBe(26_280n);
    expect(usage.keyUse - warm.keyUse).toBe(26_280n);
  });

  test("in which doubt waits for as long as a provider may", () => {
    expect(billedMs(model(all(kinds.doubts)), kinds.doubts)).toBe(20_010n);
  });

  test("what settles another's doubt stores no second record", () => {
    expect(monthOf(model(all(kinds.settlements))).usage.storage).toBe(0n);
  });

  test("keeps the records and the logs of the months before", () => {
    const year = monthOf(model(all("debit"), { months: 12, logMonths: 6 })).usage;
    const month = monthOf(model(all("debit"))).usage;
    expect(year.storage).toBe(12n * month.storage);
    expect(year.logStorage).toBe(6n * month.logStorage);
    expect(month.logStorage).toBe((month.functionLog + month.accessLog) / 2n);
  });

  test("without a request is what stands idle", () => {
    const { usage, requests } = monthOf(model(all("debit"), { rps: 0 }));
    expect(requests).toBe(0n);
    expect(usage).toMatchObject({
      invocation: 4n * 43_800n,
      request: 0n,
      write: 0n,
      read: 2_803_200n,
      secret: BigInt(presets.secrets),
      key: 2n,
      keyUse: 8760n,
      secretUse: 0n,
      alarm: BigInt(presets.alarms),
      dashboard: 1n,
      metric: 5n,
    });
  });

  test("is the sum of its lines", () => {
    const { lines, total } = monthOf(model(all("debit")));
    expect([...lines.keys()]).toEqual(priceNames);
    expect([...lines.values()].reduce((sum, each) => sum + each, 0n)).toBe(total);
  });

  test("of a million requests alone has nothing that stands idle", () => {
    const { usage } = millionOf(model(all("debit")), "record");
    expect(usage).toMatchObject({ invocation: 1_000_000n, read: 2_000_000n, alarm: 0n, secret: 0n, key: 0n });
  });
});

describe("fixed addresses, computed by hand", () => {
  const linesOf = (of: Model, natGateways: number): Readonly<Record<string, string>> => {
    const { lines, total } = egressOf(of, natGateways);
    return Object.fromEntries(
      [...lines, ["total", total] as const].map(([name, cost]) => [name, shownDollars(cost)]),
    );
  };

  test("cost the hours of gateways, addresses and endpoint where there is no traffic", () => {
    const idle = model(all("debit"), { rps: 0 });
    // 2 x 730 x 0.045, 2 x 730 x 0.005, 2 x 730 x 0.01.
    const two = linesOf(idle, 2);
    expect(two).toMatchObject({ natHour: "65.70", address: "7.30", endpointHour: "14.60" });
    expect(two).toMatchObject({
      natData: "0.00",
      endpointData: "0.00",
      flowLog: "0.00",
      flowLogStorage: "0.00",
    });
    expect(two.total).toBe("87.60");
    // The endpoint is in both zones still.
    expect(linesOf(idle, 1).total).toBe("51.10");
  });

  test("cost what goes through the gateways and into the flow log, for each call of a provider", () => {
    const kibi = { natBytes: 1000, tlsBytes: 1024, flowLogBytes: 1024, endpointBytes: 1 << 20 };
    // 2,628,000,000 calls of 24 + 1,000 + 1,024 bytes.
    const busy = linesOf(model(all("balance"), { rps: 1000, ...kibi }), 2);
    expect(busy.natData).toBe(shownDollars(costOf(2_628_000_000n * 2048n, egressPrices.natData)));
    expect(busy.natData).toBe("225.56");
    // 2,506.26 GB at 0.50, and half of them kept.
    expect(busy).toMatchObject({ flowLog: "1,253.13", flowLogStorage: "37.59" });
    const { usage } = monthOf(model(all("balance"), { rps: 1000, ...kibi }));
    expect(busy.endpointData).toBe(shownDollars(costOf(usage.secretUse << 20n, egressPrices.endpointData)));
    // What asks no provider goes nowhere.
    expect(linesOf(model(all("record"), { rps: 1000, ...kibi }), 2)).toMatchObject({
      natData: "0.00",
      flowLog: "0.00",
    });
  });

  test("are counted as the template has them", () => {
    const template = synthesized({ stage: "prod", egress: "fixed" });
    template.resourceCountIs("AWS::EC2::NatGateway", 2);
    template.resourceCountIs("AWS::EC2::EIP", 2);
    const endpoints = Object.values(template.findResources("AWS::EC2::VPCEndpoint")).filter(
      ({ Properties }) => Properties.VpcEndpointType === "Interface",
    );
    expect(endpoints.map(({ Properties }) => Properties.SubnetIds.length)).toEqual(
      Array.from({ length: network.interfaceEndpoints }, () => network.zones),
    );
  });
});

describe("memory", () => {
  test("divides our own time by the share of a processor, up to a whole one", () => {
    const at512 = model(all("debit"), { memoryMb: 512 });
    const ms = (memoryMb: number) => billedMs(withMemory(at512, memoryMb), "debit");
    // 2 ms measured are 4 ms at 512 MB, beside 310 of waiting.
    expect([256, 512, 1_024, 1_769, 3_538].map(ms)).toEqual([318n, 314n, 312n, 312n, 312n]);
  });

  test("of reconcile is its own, whatever the others have", () => {
    const of = (memoryMb: number) => monthOf(withMemory(model(all("balance")), memoryMb)).usage.duration;
    const reconcile = 43_800n * 40n * 1_769n;
    // 4 ms of our own at 512 MB, and so 8 at 256.
    expect(of(512)).toBe(2_628_000n * 304n * 512n + reconcile);
    expect(of(256)).toBe(2_628_000n * 308n * 256n + reconcile);
  });
});

describe("after an hour without a provider", () => {
  const calm = model(all("debit"), {
    slowdownPercent: 346,
    ...{ providerMs: 300, tableMs: 5, settleMicros: 8_000 },
  });

  test("a worker asks as often as 32 questions at a time, and as its processor allows", () => {
    // 51 s of 32 at a time, 625 ms each.
    expect(asksOf(calm, 2, 300)).toBe(2_611);
    // 51 s of 16.2 ms each.
    const slow = { ...calm, parameters: { ...calm.parameters, settleMicros: 16_000 } };
    expect(asksOf(slow, 1, 100)).toBe(3_155);
  });

  test.each<readonly [Away, number, number]>([
    // All of the few are asked about as often as pauses allow: that of minute 35 for the fifth time in minute 59.
    ["hanging", 1, 60],
    ["failing", 1, 60],
    // Of so many nearly none is asked about, and the last is over its quiet period in minute 75.
    ["hanging", 100, 16],
    // Of the 52,220 that came last before the end, all are over it before their turn.
    ["hanging", 2 * 2_611, 120],
  ])("%s, %i doubts a minute are settled after %i minutes", (away, doubts, minutes) => {
    expect(aftermathOf(calm, { away, doubts, workers: 1 })).toMatchObject({ doubts: 60 * doubts, minutes });
  });

  test("more workers settle it sooner, and never all of it before silence is believed", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Away>("hanging", "failing"),
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 4 }),
        (away, doubts, workers) => {
          const [some, more] = [workers, workers + 1].map((each) =>
            aftermathOf(calm, { away, doubts, workers: each }),
          );
          expect(some?.minutes).toBeGreaterThanOrEqual(16);
          // Where errors are answered, an hour's pause may end later for what was asked more often.
          expect(more?.minutes).toBeLessThanOrEqual(Math.max(some?.minutes ?? 0, 61));
          expect(some?.questions).toBeGreaterThanOrEqual(60 * doubts);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("what is reached", () => {
  const loads = new Map(
    loadsOf(model(all("debit"), { rps: 10_000 }), 500).map((load) => [load.what, load] as const),
  );

  test.each([
    ["the stage's throttle, of the busiest route", 10_000_000n, 500_000n],
    ["Lambda, concurrency of the account", 3_140_000n, 1_000_000n],
    ["DynamoDB, writes of a new table", 60_000_000n, 4_000_000n],
    // Two entries for each change over 64 shards.
    ["DynamoDB, one shard of the index of the unfinished", 312_500n, 1_000_000n],
    ["EventBridge, PutEvents", 10_000_000n, 10_000_000n],
  ])("%s", (what, used, bound) => {
    expect(loads.get(what)).toMatchObject({ used, bound });
  });

  test("of a provider's, a call for each request", () => {
    expect(providerCallsOf(model(all("debit"), { rps: 10_000 }))).toBe(10_000_000n);
  });
});

describe("npm run cost", () => {
  async function run(...args: readonly string[]) {
    let [out, err] = ["", ""];
    const code = await cost(args, {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
    });
    return { code, out, err };
  }

  test("prints the same each time", async () => {
    const first = await run(
      "--rps",
      "100",
      "--mix",
      "reads=0.6,debits=0.3,credits=0.1",
      "--provider-ms",
      "450",
    );
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toContain("100 requests/s");
    expect(
      await run("--rps", "100", "--mix", "reads=0.6,debits=0.3,credits=0.1", "--provider-ms", "450"),
    ).toEqual(first);
    expect((await run("--rps", "100", "--provider-ms", "450")).out).not.toBe(first.out);
  });

  test.each([
    [["--mix", "reads=0.6,debits=0.3"], "must add up to 1"],
    [["--mix", "reads=0.6,payments=0.4"], '--mix knows no "payments"'],
    [["--mix", "reads=60%"], "must be a decimal from 0 to 1"],
    [["--rps", "1.5"], '--rps must be a whole number, not "1.5".'],
    [["--provider-ms", "-1"], "--provider-ms"],
    [["--rsp", "1"], "Unknown option '--rsp'"],
  ])("%j ends with 2", async (args, sentence) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(sentence);
  });

  test("--help says every option and preset", async () => {
    const { code, out } = await run("--help");
    expect(code).toBe(0);
    for (const text of ["--rps", "--mix", "--provider-ms", "(300)", "--measure", "--update", "settlements"])
      expect(out).toContain(text);
  });
});

describe("docs/cost.md", () => {
  test("has the tables that are computed now", () => {
    expect(readDocument()).toBe(updated(readDocument(), readMeasured()));
  });

  test("has every price with its source and its date", () => {
    const table = documentTables(readMeasured()).get("prices") ?? "";
    for (const { what, source, dated } of [...Object.values(prices), ...Object.values(egressPrices)]) {
      expect(table).toContain(what);
      expect(table).toContain(`${source} (${dated})`);
    }
  });

  test("rests on the numbers of the stack", () => {
    expect([...presetMix.values()].reduce((sum, parts) => sum + parts, 0)).toBe(1_000_000);
    const prod = readConfig((name) => ({ stage: "prod", ...production })[name]);
    expect(stageRps).toBe(prod.throttle.rate);
    expect(presets.doubtMs).toBe(prod.providerTimeoutMs);
    const template = synthesized({ stage: "prod" });
    const propertiesOf = (type: string) =>
      Object.values(template.findResources(type)).map(({ Properties }) => Properties);
    expect(propertiesOf("AWS::SecretsManager::Secret")).toHaveLength(presets.secrets);
    expect(propertiesOf("AWS::CloudWatch::Dashboard")).toHaveLength(presets.dashboards);
    expect(propertiesOf("AWS::KMS::Key")).toHaveLength(2);
    const sizes = propertiesOf("AWS::Lambda::Function").map(({ MemorySize }) => MemorySize);
    expect(sizes.filter((size) => size !== presets.memoryMb)).toEqual([presets.reconcileMemoryMb]);
    expect(sharesOf(prod.reconcileWorkers)).toHaveLength(presets.workers);
    const watched = propertiesOf("AWS::CloudWatch::Alarm").flatMap(({ Metrics }) =>
      Array.isArray(Metrics) ? Metrics.filter((each) => "MetricStat" in each) : [1],
    );
    expect(watched).toHaveLength(presets.alarms);
  });
});
