import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  binding,
  bindingRecord,
  boundResult,
  notificationOf,
  notify,
  type Registration,
  register,
  registered,
  registrationOf,
  type Type,
  tXidOf,
} from "../support/account-bindings.ts";
import { expectSuccess } from "../support/aggrepay-gateway.ts";
import type { Item } from "../support/dynamodb.ts";
import { hang, type Reply } from "../support/peer.ts";
import { started } from "../support/started.ts";
import { jsonOf, startWallets } from "../support/wallets.ts";

const { wallets } = started({ wallets: () => startWallets({ env: { MAX_PROCESSES_PER_FUNCTION: "3" } }) });

const bindings = 100;
const deliveriesOfEach = 10;

/** Mulberry32: the whole run but its timing follows from the seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const cards = [...list];
  for (let at = cards.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [cards[at], cards[other]] = [cards[other] as T, cards[at] as T];
  }
  return cards;
}

/** One account to be bound, with what its provider has seen and done. */
interface Case {
  registration: Registration;
  /** The tXid in its notifications; some have none. */
  readonly fields: Readonly<Record<string, string>>;
  /** The provider has had the registration: only now can it have anything to notify. */
  seen: boolean;
  /** How often one of its notifications was answered with 200. */
  kept: number;
}

interface Delivery {
  readonly of: Case;
  readonly type: Type;
}

const bindingItems = (items: readonly Item[]) =>
  new Map(
    items.filter(({ namespace }) => namespace?.S === "binding").map((item) => [item.identity?.S ?? "", item]),
  );

const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

test(`1,000 deliveries of 100 notifications, a kill in the middle (SEED=${seed})`, async () => {
  console.log(`SEED=${seed}`);
  const random = randomFrom(seed);
  const cases = Array.from({ length: bindings }, (_, index): Case => {
    const referenceNo = `STORM-${seed}-${index}`;
    return {
      registration: registrationOf(referenceNo, { billingPhone: `+6281${String(index).padStart(9, "0")}` }),
      fields: random() < 0.5 ? { tXid: tXidOf(referenceNo) } : {},
      seen: false,
      kept: 0,
    };
  });
  const caseOf = (referenceNo: unknown) =>
    cases.find(({ registration }) => registration.referenceNo === referenceNo);

  // A provider that answers at once, late, only after its notification was taken, or never.
  const moods = cases.map(() => random());
  const answering: Reply = async (response, request) => {
    const of = caseOf(jsonOf(request).referenceNo);
    // Given up, and on its way all the same.
    if (!of) return hang(response, request);
    of.seen = true;
    const mood = moods[cases.indexOf(of)] ?? 0;
    if (mood < 0.1) return hang(response, request);
    if (mood < 0.4) await sleep(mood * 100);
    else if (mood < 0.7) while (of.kept === 0 && !response.destroyed) await sleep(2);
    registered()(response, request);
  };
  wallets.peer.script({ userAccountBinding: answering });

  // Callers repeat a registration until the provider has it. A record stands before it is sent, so one that was killed in
  // between can never be sent, and its caller registers under a new referenceNo.
  const abandoned = new Set<string>();
  /** Those whose callers were told where to send the user. */
  const merged = new Set<Case>();
  const renew = (of: Case) => {
    const { referenceNo } = of.registration;
    abandoned.add(referenceNo);
    of.registration = { ...of.registration, referenceNo: `${referenceNo}.` };
  };
  let turn = 0;
  const registering = async () => {
    for (let of = cases[turn++]; of; of = cases[turn++])
      while (!of.seen)
        try {
          const { body } = await register(wallets, of.registration);
          if ((body.result as { redirectUrlHttp?: unknown } | undefined)?.redirectUrlHttp) merged.add(of);
          if (!of.seen) renew(of);
        } catch {
          await sleep(10);
        }
  };

  const queue = shuffled(
    cases.flatMap((of) => Array.from({ length: deliveriesOfEach }, () => of)),
    random,
  ).map((of): Delivery => ({ of, type: random() < 0.5 ? "json" : "form" }));
  let answered = 0;
  let unanswered = 0;
  const delivering = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { of, type } = next;
      try {
        if (!of.seen) await sleep(2);
        else if (
          (await notify(wallets, notificationOf(of.registration, { fields: of.fields }), type)).status === 200
        ) {
          of.kept += 1;
          answered += 1;
          continue;
        }
      } catch {
        // The gateway is gone, or went while it was at it: the provider sends it again.
        unanswered += 1;
        await sleep(10);
      }
      queue.push(next);
    }
  };

  const work = [...Array.from({ length: 6 }, registering), ...Array.from({ length: 20 }, delivering)];
  while (answered < 400) await sleep(2);
  const promised = cases.filter(({ kept }) => kept > 0);
  await wallets.restart();
  const afterKill = bindingItems(await wallets.items());
  // What was answered with 200 before the kill is there after it.
  for (const { registration } of promised)
    expect(afterKill.get(registration.referenceNo)?.binding?.M?.userToken?.S).toMatch(/\S/);
  await Promise.all(work);

  expect(answered).toBe(bindings * deliveriesOfEach);
  expect(unanswered).toBeGreaterThan(0);
  expect(merged.size).toBeGreaterThan(0);
  const items = (await wallets.items()).filter(({ identity }) => !abandoned.has(identity?.S ?? ""));
  const bound = bindingItems(items);
  const references = cases.map(({ registration }) => registration.referenceNo);
  expect([...bound.keys()].toSorted()).toEqual(references.toSorted());
  // Nothing was taken for a disagreement, and no binding has ever been written twice.
  expect(items).toHaveLength(bindings);
  for (const [referenceNo, before] of afterKill)
    if (before.binding) expect(bound.get(referenceNo)?.binding).toEqual(before.binding);
  for (const of of cases) {
    const { registration, fields } = of;
    const { referenceNo } = registration;
    const item = bound.get(referenceNo);
    expect(item?.flagged).toBeUndefined();
    if (merged.has(of)) expect(item?.tXid?.S).toBe(tXidOf(referenceNo));
    // The reply gave it, or the notification, or neither.
    const tXid = item?.tXid?.S ?? fields.tXid ?? null;
    expectSuccess(await binding(wallets, referenceNo), {
      result: boundResult(referenceNo, { tXid }),
      record: bindingRecord(referenceNo, "succeeded"),
    });
  }
  const listed = new Set(await wallets.unfinished());
  for (const { pk, identity } of items)
    expect([identity?.S, listed.has(pk?.S ?? "")]).toEqual([identity?.S, false]);

  await Promise.all(
    cases.map(({ registration, fields }) => notify(wallets, notificationOf(registration, { fields }))),
  );
  const after = bindingItems(await wallets.items());
  for (const referenceNo of references) expect(after.get(referenceNo)).toEqual(bound.get(referenceNo));
}, 90_000);
