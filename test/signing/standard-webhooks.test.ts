import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { deliveryOf, pauseAfter } from "../../lib/operation/merchant-event.ts";
import { standardWebhookSignature } from "../../lib/signing/index.ts";
import type { Sent } from "../../lib/transport.ts";

const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString("base64")}`;
const [newer, older] = [secretOf(Buffer.alloc(32, 1)), secretOf(Buffer.alloc(24, 2))];
const event = {
  id: "0c8ef0e4",
  "detail-type": "record.succeeded",
  time: "2026-11-20T14:34:09Z",
  detail: { recordId: "duMeKVHWTuqE", sequence: "111000000000000000000001", state: "succeeded" },
};
const at = (now: number, secrets = [newer]) =>
  deliveryOf(JSON.stringify(event), {
    url: new URL("https://merchant.example/events"),
    secrets: secrets.map((signingSecret) => ({ name: "webhook", json: { signingSecret } })),
    now,
  });

describe("a delivery of an event", () => {
  it("is signed as the specification's own example", () => {
    // Of the library's documentation: msg_p5jXN8AQM9LWM0D4loKWxJek, its secret and time.
    const delivery = {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    };
    expect(standardWebhookSignature(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], delivery)).toBe(
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
  });

  it("verifies by the published library under each secret of a rotation, and under no other", () => {
    const { headers, body } = at(Date.now(), [newer, older]);
    for (const secret of [newer, older])
      expect(new Webhook(secret).verify(body, { ...headers })).toEqual({
        type: "record.succeeded",
        timestamp: event.time,
        data: event.detail,
      });
    expect(() => new Webhook(secretOf(Buffer.alloc(32, 3))).verify(body, { ...headers })).toThrow();
    expect(() => new Webhook(newer).verify(`${body} `, { ...headers })).toThrow();
  });

  it("verifies whatever the body and the secret", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        (text, bytes) => {
          const body = JSON.stringify({ text });
          const timestamp = Math.floor(Date.now() / 1000);
          const signature = standardWebhookSignature([secretOf(bytes)], { id: "evt_1", timestamp, body });
          const headers = {
            "webhook-id": "evt_1",
            "webhook-timestamp": String(timestamp),
            "webhook-signature": signature,
          };
          expect(new Webhook(secretOf(bytes)).verify(body, headers)).toEqual({ text });
        },
      ),
    );
  });

  it("keeps its id and its body from one attempt to the next, and takes a new time and signature", () => {
    const [one, other] = [at(1_790_000_000_000), at(1_790_000_005_000)];
    expect([one.body, one.headers["webhook-id"]]).toEqual([other.body, other.headers["webhook-id"]]);
    expect(one.headers["webhook-timestamp"]).toBe("1790000000");
    expect(one.headers["webhook-signature"]).not.toBe(other.headers["webhook-signature"]);
  });

  it.each([
    ["no prefix", Buffer.alloc(32).toString("base64")],
    ["too few bytes", secretOf(Buffer.alloc(23))],
    ["too many bytes", secretOf(Buffer.alloc(65))],
    ["what is not base64", "whsec_not-base64-at-all!"],
  ])("refuses a secret with %s, and does not quote it", (_what, secret) => {
    expect(() => at(0, [secret])).toThrow(
      'The secret "webhook" cannot sign: signingSecret is not "whsec_" and then 24 to 64 bytes in base64.',
    );
    expect(() => at(0, [])).toThrow("no signingSecret");
  });

  it.each([
    "{}",
    "null",
    "x",
    '{"detail-type":"a","detail":{"recordId":"b"}}',
  ])("is not made of %s", (text) => {
    const given = { url: new URL("https://merchant.example"), secrets: [], now: 0 };
    expect(() => deliveryOf(text, given)).toThrow();
  });
});

describe("the pause before the next attempt", () => {
  const reply = (status: number): Sent => ({ kind: "reply", reply: { status, body: new Uint8Array() } });
  const lost: Sent = { kind: "lost", why: "x", timedOut: true };
  const notSent: Sent = { kind: "not_sent", why: "x" };

  it.each([200, 201, 202, 204, 299])("is none after %i: it was taken", (status) => {
    expect(pauseAfter(reply(status), 1)).toBeUndefined();
  });

  it.each([
    ["a redirect", reply(302)],
    ["an informational status", reply(199)],
    ["a refusal", reply(400)],
    ["a fault", reply(503)],
    ["no answer", lost],
    ["no connection", notSent],
  ])("grows after %s", (_what, sent) => {
    const pauses = Array.from({ length: 15 }, (_, at) => pauseAfter(sent, at + 1) ?? 0);
    expect(pauses[0]).toBe(5);
    expect(pauses).toEqual(pauses.toSorted((one, other) => one - other));
    expect(Math.max(...pauses)).toBeLessThan(43_200);
    expect(pauses.reduce((sum, pause) => sum + pause)).toBeGreaterThan(2 * 86_400);
  });

  it("is the merchant's Retry-After where that is longer, and never longer than a queue hides a message", () => {
    expect(pauseAfter(reply(429), 1, 600)).toBe(600);
    expect(pauseAfter(reply(429), 10, 600)).toBe(28_800);
    expect(pauseAfter(reply(429), 1, 1_000_000)).toBeLessThan(43_200);
  });

  it("is the longest after 410: nobody listens there any more", () => {
    expect(pauseAfter(reply(410), 1)).toBe(43_140);
  });
});
