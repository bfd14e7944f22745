import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { assert, constant, constantFrom, integer, oneof, option, property, record, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { callerOf, personOf } from "../../lib/operation/caller.ts";
import { cursorStart, recordQueryOf } from "../../lib/operation/list-query.ts";
import { identityReused, type SameRequest, sameEffect, sameInput } from "../../lib/operation/request.ts";
import { anchorId } from "../../lib/records/anchor.ts";
import { bindingKeys, deactivationKeys, type Identity, recordId } from "../../lib/records/identity.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import { shardOf } from "../../lib/records/write.ts";
import { fingerprint, type KeyRing } from "../../lib/secrets/key-ring.ts";
import { Secret } from "../../lib/secrets/secret.ts";

// Short parts over an alphabet of separators, quotes and escapes: where joined parts would collide, they do so here.
const part = string({
  unit: constantFrom("a", "b", '"', ",", "\\", "#", "|", "\u0000", "é", "\ud800"),
  maxLength: 3,
});
const natural = record({
  namespace: constantFrom("money", "reversal", "binding", "deactivation", "notification", "stray-count"),
  id: part,
});
const reversal = record({
  namespace: constant("reversal"),
  id: part,
  number: option(integer({ min: 1, max: 9 }), { nil: undefined }),
});
const byKey = record({ namespace: constant("idempotency-key"), id: part, caller: part, operation: part });
const named = record({ provider: part, account: part, identity: oneof(natural, reversal, byKey) });

interface Named {
  readonly provider: string;
  readonly account: string;
  readonly identity: Identity;
}

const asNamed = (value: unknown) => value as Named;
const idOf = ({ provider, account, identity }: Named) => recordId(provider, account, identity);
/** What makes an identity what it is, as one comparable value. */
const essence = ({ provider, account, identity }: Named): readonly string[] => [
  provider,
  account,
  identity.namespace,
  identity.id,
  ...(identity.namespace === "idempotency-key"
    ? [identity.caller, identity.operation]
    : [String(identity.number ?? 1)]),
];
const equal = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((each, at) => each === b[at]);

describe("recordId", () => {
  test("two identities have one id exactly when they are one", () => {
    assert(
      property(named, named, (left, right) => {
        const [a, b] = [asNamed(left), asNamed(right)];
        expect(idOf(a) === idOf(b)).toBe(equal(essence(a), essence(b)));
      }),
      { numRuns: 2000 },
    );
  });

  test("what notifications touch has keys that nothing else has, and is spread over the shards as all is", () => {
    const ofNotifications = ["binding", "notification", "stray-count"];
    const seen = new Set<string | undefined>();
    assert(
      property(named, (name) => {
        const { identity } = asNamed(name);
        const id = idOf(asNamed(name));
        expect(id.startsWith(bindingKeys)).toBe(ofNotifications.includes(identity.namespace));
        expect(id.startsWith(deactivationKeys)).toBe(identity.namespace === "deactivation");
        expect(id).toMatch(/^(?:(?:binding|deactivation)\.)?[A-Za-z0-9_-]{43}$/);
        expect(shardOf(id)).toEqual(shardOf(id.slice(-43)));
        if (id.startsWith(bindingKeys)) seen.add(shardOf(id).N);
      }),
      { numRuns: 2000 },
    );
    expect(seen.size).toBeGreaterThan(32);
  });

  test("a page of a list may end with a record of any kind", () => {
    for (const namespace of ["money", "binding", "deactivation"] as const) {
      const place = `1795182248625.${recordId("nicepay", "main", { namespace, id: "x" })}`;
      const list = { state: "needs_attention" };
      const eventOf = (query: object) => ({ queryStringParameters: query }) as APIGatewayProxyEventV2;
      const cursor = cursorStart(eventOf(list)) + place;
      expect(recordQueryOf(eventOf({ ...list, cursor }))).toMatchObject({ cursor: place });
    }
  });

  test("parts that slide over their borders stay different", () => {
    const key = (caller: string, operation: string, id: string): Identity => ({
      namespace: "idempotency-key",
      id,
      caller,
      operation,
    });
    const ids = [
      recordId("aggrepay", "main", key("a", "b", "c")),
      recordId("aggrepay", "main", key("a,b", "", "c")),
      recordId("aggrepay", "main", key("b", "a", "c")),
      recordId("aggrepay", "main", key("", "a", "b,c")),
      recordId("aggrepay", "main", key('a","b', "", "c")),
      recordId("aggrepaymain", "", key("a", "b", "c")),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("credits, debits and transfers share one namespace; a reversal of the same id has its own", () => {
    const money = recordId("aggrepay", "main", { namespace: "money", id: "order-1" });
    const reversal = recordId("aggrepay", "main", { namespace: "reversal", id: "order-1" });
    expect(money).not.toBe(reversal);
  });

  test("it is what it was: a changed id would forget every record that exists", () => {
    expect(recordId("aggrepay", "main", { namespace: "money", id: "order-1" })).toBe(
      "duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU",
    );
  });

  // SHA-256 of `["aggrepay","main","reversal","order-1"]`, and of the same with `"2"` as its last part.
  test.each([
    { number: 1, id: "NXWuINdWMgVCv8lC0kZEY64NIUrpMCPuinw6BhoXPNw" },
    { number: 2, id: "AZAt5idS6vhE6dOWP4jbyYgthbmAglIFukZco-SOxp4" },
  ])("number 1 of a reversal has the key that a reversal without a number has; number $number", ({
    number,
    id,
  }) => {
    expect(recordId("aggrepay", "main", { namespace: "reversal", id: "order-1", number })).toBe(id);
    if (number === 1) expect(recordId("aggrepay", "main", { namespace: "reversal", id: "order-1" })).toBe(id);
  });

  test("a debit's anchor has a key that no record has", () => {
    expect(anchorId("aggrepay", "main", "order-1")).toBe("y5I8vJq84-KiZAWoYkxClzjGtZ7DD8PRJapXbFxc1Ww");
  });

  test("it is a plain hash of 43 URL-safe characters, which no key takes part in", () => {
    assert(
      property(named, (value) => {
        expect(idOf(asNamed(value))).toMatch(/^(?:(?:binding|deactivation)\.)?[A-Za-z0-9_-]{43}$/);
      }),
    );
    expect(recordId).toHaveLength(3);
  });

  test("callers and operations keep their Idempotency-Keys apart", () => {
    const of = (caller: string, operation: string) =>
      recordId("aggrepay", "main", { namespace: "idempotency-key", id: "key-1", caller, operation });
    expect(of("arn:aws:sts::1:assumed-role/shop", "customer-otp")).toBe(
      of("arn:aws:sts::1:assumed-role/shop", "customer-otp"),
    );
    const others = [
      of("arn:aws:sts::1:assumed-role/office", "customer-otp"),
      of("arn:aws:sts::1:assumed-role/shop", "forgot-mpin"),
    ];
    expect(others).not.toContain(of("arn:aws:sts::1:assumed-role/shop", "customer-otp"));
    expect(new Set(others).size).toBe(2);
  });
});

describe("the same request", () => {
  const ring = (...ids: readonly string[]): KeyRing => ({
    keys: ids.map((id) => ({ id, key: new Secret(Buffer.alloc(32, id).toString("base64")) })),
  });

  test("of money is its effect, whatever the order of its fields and without those that are not given", () => {
    const one = sameEffect("debit-wallet", {
      fromCustomerId: "1",
      amount: "5.00",
      toSubMerchantId: undefined,
    });
    const other = sameEffect("debit-wallet", { amount: "5.00", fromCustomerId: "1" });
    expect(one.text).toBe(other.text);
    expect(one.is(other.text)).toBe(true);
    expect(one.is(sameEffect("credit-wallet", { fromCustomerId: "1", amount: "5.00" }).text)).toBe(false);
    expect(one.is(sameEffect("debit-wallet", { fromCustomerId: "1", amount: "5.01" }).text)).toBe(false);
  });

  const input = { customerId: "1", newMpin: new Secret("73917391") };
  const never = () => Promise.reject(new Error("the ring was fetched anew"));
  const kept = (...ids: readonly string[]) => ({ ring: ring(...ids), renewed: never });

  test("of anything else is known again under the key that it was first seen with", async () => {
    const before = sameInput("r", "forgot-mpin", input, kept("k1"));
    const after = sameInput("r", "forgot-mpin", input, kept("k2", "k1"));
    expect(before.text).toMatch(/^k1\.[\w-]{43}$/);
    expect(after.text).toMatch(/^k2\./);
    expect(await after.is(before.text)).toBe(true);
    const otherMpin = { ...input, newMpin: new Secret("1234") };
    expect(await sameInput("r", "forgot-mpin", otherMpin, kept("k2", "k1")).is(before.text)).toBe(false);
    expect(await sameInput("r", "change-mpin", input, kept("k2", "k1")).is(before.text)).toBe(false);
  });

  test("of a key that the ring does not hold is looked for in the ring anew, once, and then told", async () => {
    const stored = sameInput("r", "forgot-mpin", input, kept("k2")).text;
    let fetched = 0;
    const renewed = (...ids: readonly string[]) => {
      fetched = 0;
      return async () => {
        fetched += 1;
        return ring(...ids);
      };
    };
    expect(
      await sameInput("r", "forgot-mpin", input, { ring: ring("k1"), renewed: renewed("k2", "k1") }).is(
        stored,
      ),
    ).toBe(true);
    expect(fetched).toBe(1);
    expect(
      await sameInput("r", "change-mpin", input, { ring: ring("k1"), renewed: renewed("k2", "k1") }).is(
        stored,
      ),
    ).toBe(false);
    expect(fetched).toBe(1);
    const gone = sameInput("r", "forgot-mpin", input, { ring: ring("k1"), renewed: renewed("k3", "k1") }).is(
      stored,
    );
    await expect(gone).rejects.toMatchObject({ code: "misconfigured", status: 502 });
    await expect(gone).rejects.toThrow('"k2"');
    expect(fetched).toBe(1);
  });

  describe("and another: what differs is named, without a value", () => {
    const held = (same: SameRequest, caller = "shop") =>
      ({ id: "r", caller, request: same.text, tags: same.tags }) as RecordItem;
    const told = (first: SameRequest, second: SameRequest, caller?: string) => {
      const { message, details } = identityReused(held(first, caller), second, "shop");
      return { message, ...details };
    };

    test.each([
      [{ amount: "5.00", fromCustomerId: "1" }, "amount", ["/amount"]],
      [
        { amount: "4.00", toSubMerchantId: "2" },
        "fromCustomerId, toSubMerchantId",
        ["/fromCustomerId", "/toSubMerchantId"],
      ],
    ])("of money: %j", (effect, named, pointers) => {
      const one = sameEffect("debit-wallet", { amount: "4.00", fromCustomerId: "1" });
      const { message, errors, about } = told(one, sameEffect("debit-wallet", effect));
      expect(message).toBe(`This identity belongs to a request that differs from this one in ${named}.`);
      expect(errors?.map((each) => "pointer" in each && each.pointer)).toEqual(pointers);
      expect(about).toBe("r");
    });

    test("of another operation", () => {
      const { message, errors } = told(sameEffect("credit-wallet", {}), sameEffect("debit-wallet", {}));
      expect(message).toMatch(/ in the operation, which was credit-wallet\.$/);
      expect(errors).toBeUndefined();
    });

    const full = { ...input, city: "Pune", note: "n" };
    const made = (fields: object, keys = ring("k1")) =>
      sameInput("r", "update", fields, { ring: keys, renewed: never });

    test.each([
      [{ ...full, city: "Agra" }, "city"],
      [{ ...full, city: "Agra", note: "m" }, "city, note"],
      [{ ...full, more: "x" }, "more"],
      [{ ...full, note: undefined }, "a field that is left out"],
      [{ ...full, newMpin: new Secret("1234") }, "a secret field"],
      // Whether a guessed secret is right is not told while anything else is wrong.
      [{ ...full, newMpin: new Secret("1234"), city: "Agra" }, "city"],
    ])("of anything else, under an older key too: case %#", (fields, named) => {
      for (const keys of [ring("k1"), ring("k2", "k1")]) {
        const { message } = told(made(full), made(fields, keys));
        expect(message).toBe(`This identity belongs to a request that differs from this one in ${named}.`);
      }
    });

    test("nothing is named to another caller, of a record without tags, or without its key", () => {
      const bare = "This identity belongs to a request that differs from this one.";
      const other = made({ ...full, city: "Agra" });
      expect(told(made(full), other, "somebody")).toEqual({ message: bare });
      const untagged = { ...held(made(full)), tags: undefined };
      expect(identityReused(untagged, other, "shop").message).toBe(bare);
      expect(told(made(full), made({ ...full, city: "Agra" }, ring("k3"))).message).toBe(bare);
    });

    test("its tags are four characters a field, of no secret, and those of one record alone", () => {
      expect(made(full).tags).toMatch(/^[\w-]{12}$/);
      expect(made({ ...full, newMpin: new Secret("1") }).tags).toBe(made(full).tags);
      expect(sameInput("s", "update", full, kept("k1")).tags).not.toBe(made(full).tags);
    });
  });

  test("a key's id may hold dots", async () => {
    const rotated = ring("k.2", "k.1");
    const made = fingerprint(rotated, "text", "k.1");
    expect(made).toMatch(/^k\.1\./);
    const stored = sameInput("r", "x", input, kept("k.1")).text;
    expect(await sameInput("r", "x", input, { ring: rotated, renewed: never }).is(stored)).toBe(true);
  });
});

describe("a caller", () => {
  const of = (authorizer: object) =>
    callerOf({ requestContext: { authorizer } } as unknown as APIGatewayProxyEventV2);
  const role = (session: string) => ({
    iam: { userArn: `arn:aws:sts::123456789012:assumed-role/shop/${session}` },
  });

  test("is a role without its session: a pod that dies and the pod that repeats its request are one", () => {
    expect(of(role("pod-1"))).toBe("arn:aws:sts::123456789012:assumed-role/shop");
    expect(of(role("pod-2/with:odd=chars"))).toBe(of(role("pod-1")));
    expect(of({ iam: { userArn: "arn:aws:sts::123456789012:assumed-role/shop-2/pod-1" } })).not.toBe(
      of(role("pod-1")),
    );
    expect(of({ iam: { userArn: "arn:aws:sts::210987654321:assumed-role/shop/pod-1" } })).not.toBe(
      of(role("pod-1")),
    );
  });

  test("answers for a decision in the name of its session, where the role is many people's", () => {
    const person = (authorizer: object) =>
      personOf({ requestContext: { authorizer } } as unknown as APIGatewayProxyEventV2);
    expect(person(role("asha@shop.example"))).toBe(
      "arn:aws:sts::123456789012:assumed-role/shop/asha@shop.example",
    );
    const token = { jwt: { claims: { iss: "https://issuer", sub: "asha" } } };
    expect(person(token)).toBe(of(token));
  });

  test("is a user, or a token's issuer and subject together", () => {
    expect(of({ iam: { userArn: "arn:aws:iam::123456789012:user/desk" } })).toBe(
      "arn:aws:iam::123456789012:user/desk",
    );
    const token = (iss: string, sub: string) =>
      of({ jwt: { claims: { iss, sub, jti: String(Math.random()) } } });
    expect(token("https://issuer", "asha")).toBe(token("https://issuer", "asha"));
    expect(token("https://issuer", "asha")).not.toBe(token("https://other", "asha"));
    expect(token("a", "b,c")).not.toBe(token("a,b", "c"));
  });

  test.each([
    {},
    { claims: {} },
    { claims: { iss: "https://issuer" } },
    { claims: { sub: "asha" } },
  ])("is refused with a token that names nobody: %j", (jwt) => {
    expect(() => of({ jwt })).toThrow("The token does not say who calls");
  });

  test("is nobody in particular where no authorizer stands before the route", () => {
    expect(callerOf({ requestContext: {} } as unknown as APIGatewayProxyEventV2)).toBe("anonymous");
  });
});
