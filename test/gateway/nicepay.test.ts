import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import {
  binding,
  bindingRecord,
  freshReference,
  merchantTokenOf,
  notificationOf,
  notify,
  type Registration,
  register,
  registered,
  registrationOf,
  registrationResult,
  tXidOf,
} from "../support/account-bindings.ts";
import { type Answer, expectProblem, expectSuccess } from "../support/aggrepay-gateway.ts";
import {
  alwaysSent,
  brokenOff,
  drip,
  hang,
  noHttp,
  type Reply,
  redirect,
  reset,
  text,
  truncated,
} from "../support/peer.ts";
import { started } from "../support/started.ts";
import {
  type Code,
  jsonOf,
  momentOf,
  problem,
  reply,
  secretValues,
  startWallets,
} from "../support/wallets.ts";
import { words } from "../support/words.ts";

/** Key rings that two gateways share. */
const ring = (id: string) => [{ id, key: Buffer.alloc(32, id).toString("base64") }];
const secrets = { ...secretValues, gateway: { fingerprintKeys: ring("f1"), sealingKeys: ring("s1") } };

const { wallets, misled, elsewhere } = started({
  wallets: () => startWallets({ secrets, env: { CALLBACK_HOSTS: "shop.example, App.Example" } }),
  elsewhere: () => startWallets({ secrets, env: { CALLBACK_HOSTS: "app.example" } }),
  misled: () => startWallets({ env: { CALLBACK_HOSTS: "https://app.example,shop.example" } }),
});

const name = "userAccountBinding";
const script = (what: Reply | readonly Reply[]) => wallets.peer.script({ [name]: what });
const bodies = () => wallets.peer.requests.map(jsonOf);

/** One registration, its first answer expected to be this. */
async function attempted(what: Reply, expected: object, referenceNo = freshReference()): Promise<Answer> {
  script(what);
  const answer = await register(wallets, registrationOf(referenceNo));
  expectProblem(answer, expected as Parameters<typeof expectProblem>[1]);
  return answer;
}

describe("what is sent", () => {
  test("is the document's request", async () => {
    const before = Date.now();
    const referenceNo = freshReference();
    const registration = registrationOf(referenceNo, {
      mitraCd: "ABCD",
      billingEmail: "budi@example.com",
      billingNm: "Budi 'B' Sétiawan",
    });
    script(registered());
    expect((await register(wallets, registration)).status).toBe(200);
    const [request, ...more] = wallets.peer.requests;
    expect(more).toEqual([]);
    expect([request?.method, request?.path]).toEqual(["POST", "/nicepay/v2/userAccountBinding"]);
    expect(request?.headers).toEqual({
      host: new URL(wallets.peer.url).host,
      "content-type": "application/json",
      accept: "application/json",
      "content-length": String(request?.body.byteLength),
      connection: "keep-alive",
      ...alwaysSent,
    });
    const body = jsonOf(request);
    const { iMid } = secretValues.nicepay;
    expect(body).toEqual({
      timeStamp: expect.stringMatching(/^\d{14}$/),
      iMid,
      merchantToken: merchantTokenOf({ iMid, referenceNo, billingPhone: registration.billingPhone }),
      ...registration,
      payMethod: "06",
      dbProcessUrl: "https://gateway.example/webhooks/nicepay/account-binding",
    });
    // Jakarta is seven hours ahead of Greenwich.
    const moment = momentOf(String(body.timeStamp), 7);
    expect(moment).toBeGreaterThan(before - 1000);
    expect(moment).toBeLessThanOrEqual(Date.now());
  });

  test("has KDVI where no partner is given, and no address that was not given", async () => {
    script(registered());
    const { billingPhone, ...rest } = registrationOf(freshReference());
    await register(wallets, { billingPhone: ` ${billingPhone} `, ...rest });
    const [body] = bodies();
    expect(body).toMatchObject({ mitraCd: "KDVI", billingPhone });
    expect(body).not.toHaveProperty("billingEmail");
    expect(body?.merchantToken).toBe(
      merchantTokenOf({ iMid: secretValues.nicepay.iMid, referenceNo: rest.referenceNo, billingPhone }),
    );
  });

  test("our rule for the token is that of the published vectors", () => {
    interface Vectors {
      readonly merchantKey: string;
      readonly vectors: readonly {
        readonly name: string;
        readonly parts: readonly string[];
        readonly sha256: string;
      }[];
    }
    const file = new URL("../vectors/nicepay.json", import.meta.url);
    const { merchantKey, vectors } = JSON.parse(readFileSync(file, "utf8")) as Vectors;
    expect(merchantKey).toBe(secretValues.nicepay.merchantKey);
    for (const { parts, sha256 } of vectors) {
      expect(
        createHash("sha256")
          .update(parts.join("") + merchantKey)
          .digest("hex"),
      ).toBe(sha256);
    }
    const binding = vectors.find(({ name }) => name === "computed, account binding");
    const [iMid = "", referenceNo = "", billingPhone = ""] = binding?.parts ?? [];
    expect(merchantTokenOf({ iMid, referenceNo, billingPhone })).toBe(binding?.sha256);
  });
});

test.each([".", ".."])("a referenceNo that no path can name is refused: %s", async (referenceNo) => {
  script(registered());
  const answer = await register(wallets, registrationOf(referenceNo));
  expect([answer.status, answer.body.errors]).toEqual([
    400,
    [{ pointer: "/referenceNo", detail: "must be 1 to 40 of A-Z a-z 0-9 . _ -, and not . or .." }],
  ]);
  expect(wallets.peer.requests).toEqual([]);
});

describe("success", () => {
  test("is recorded, and the same request again gets the same answer and sends nothing", async () => {
    const referenceNo = freshReference();
    script(registered());
    const first = await register(wallets, registrationOf(referenceNo));
    const answer = {
      result: registrationResult(referenceNo),
      record: bindingRecord(referenceNo, "succeeded"),
    };
    expectSuccess(first, answer);
    script(registered({ tXid: "another" }));
    for (const key of [undefined, referenceNo]) {
      const again = await register(wallets, registrationOf(referenceNo, { mitraCd: "KDVI" }), key);
      expectSuccess(again, answer, { replayed: true });
      expect(again.text).toBe(first.text);
    }
    expect(wallets.peer.requests).toEqual([]);
  });

  test.each<Partial<Registration>>([
    { billingNm: "Wati" },
    { billingPhone: "+6282112345679" },
    { billingEmail: "budi@example.com" },
    { callBackUrl: "https://shop.example/other" },
    { clientUserKey: "user-2" },
    { mitraCd: "ABCD" },
  ])("its referenceNo does not serve for %o", async (other) => {
    const referenceNo = freshReference();
    script(registered());
    const first = await register(wallets, registrationOf(referenceNo));
    expectProblem(await register(wallets, registrationOf(referenceNo, other)), problem("identity-reused"));
    expect(wallets.peer.requests).toHaveLength(1);
    const again = await register(wallets, registrationOf(referenceNo));
    expect(again.text).toBe(first.text);
  });

  test("is told though its host is allowed no longer, in doubt too; a new registration there is refused", async () => {
    const [done, inDoubt] = [freshReference(), freshReference()];
    script([registered(), reset]);
    const first = await register(wallets, registrationOf(done));
    expect(first.status).toBe(200);
    expect((await register(wallets, registrationOf(inDoubt))).status).toBe(504);
    for (const item of await wallets.items())
      if ([done, inDoubt].includes(item.identity?.S ?? "")) await elsewhere.put(item);
    elsewhere.peer.script({ [name]: registered() });
    const again = await register(elsewhere, registrationOf(done));
    expect([again.text, again.headers.get("idempotency-replayed")]).toEqual([first.text, "true"]);
    expectProblem(await register(elsewhere, registrationOf(inDoubt)), {
      ...problem("outcome-unknown"),
      record: bindingRecord(inDoubt, "in_doubt"),
    });
    expectProblem(await register(elsewhere, registrationOf(freshReference())), {
      ...problem("invalid-request"),
      errors: [{ pointer: "/callBackUrl", detail: "must be on one of the hosts that the gateway allows" }],
    });
    expect(elsewhere.peer.requests).toEqual([]);
  });

  test("is told where another host is written wrongly; what rests on that one is refused", async () => {
    const referenceNo = freshReference();
    misled.peer.script({ [name]: registered() });
    const first = await register(misled, registrationOf(referenceNo));
    expect(first.status).toBe(200);
    expect((await register(misled, registrationOf(referenceNo))).text).toBe(first.text);
    const callBackUrl = "https://app.example/bound";
    const answer = await register(misled, registrationOf(freshReference(), { callBackUrl }));
    expectProblem(answer, problem("misconfigured"));
    expect(answer.text).toContain("CALLBACK_HOSTS");
    expect(misled.peer.requests).toHaveLength(1);
  });

  test.each([" kdvi", "Kredivo", "NA"])("with %j for its partner is a success too", async (mitraCd) => {
    const referenceNo = freshReference();
    script(registered({ mitraCd }));
    expect((await register(wallets, registrationOf(referenceNo))).body.result).toMatchObject({ mitraCd });
  });

  test("ten of the same at once are one", async () => {
    const referenceNo = freshReference();
    script((response, request) => {
      setTimeout(() => registered()(response, request), 100);
    });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => register(wallets, registrationOf(referenceNo))),
    );
    expect(wallets.peer.requests).toHaveLength(1);
    for (const answer of answers) expect([200, 409]).toContain(answer.status);
    for (const answer of answers.filter(({ status }) => status === 409))
      expectProblem(answer, { ...problem("in-progress"), record: bindingRecord(referenceNo, "dispatched") });
    expect(answers.some(({ status }) => status === 200)).toBe(true);
  });

  test("without a partner and a time is a success too", async () => {
    const referenceNo = freshReference();
    script(registered({ mitraCd: undefined, transDt: undefined }));
    expectSuccess(await register(wallets, registrationOf(referenceNo)), {
      result: { ...registrationResult(referenceNo), mitraCd: null, registeredAt: null },
      record: bindingRecord(referenceNo, "succeeded"),
    });
  });
});

/** A repeat is answered with the record, whatever the provider would say; nothing is sent. */
async function expectSame(referenceNo: string, first: Answer, replayed: boolean): Promise<void> {
  script(registered());
  const again = await register(wallets, registrationOf(referenceNo));
  expect(again.text).toBe(first.text);
  expect(again.status).toBe(first.status);
  expect(again.headers.get("idempotency-replayed")).toBe(replayed ? "true" : null);
  expect(wallets.peer.requests).toEqual([]);
}

async function expectNextAttempt(referenceNo: string, attempt = 2): Promise<void> {
  script(registered());
  expectSuccess(await register(wallets, registrationOf(referenceNo)), {
    result: registrationResult(referenceNo),
    record: bindingRecord(referenceNo, "succeeded", attempt),
  });
  expect(wallets.peer.requests).toHaveLength(1);
}

const refusal = (code: string, status = 200) =>
  reply({ resultCd: code, resultMsg: "As NICEPAY says" }, status);
const word = (code: string) => ({ code, message: "As NICEPAY says" });

describe("refusals", () => {
  const final: readonly (readonly [code: string, becomes: Code])[] = [
    ["9014", "invalid-request"],
    ["9016", "invalid-request"],
    ["9017", "invalid-request"],
    ["9019", "invalid-request"],
    ["9109", "invalid-request"],
  ];

  test.each(final)("%s becomes %s, and is final", async (code, becomes) => {
    for (const status of [200, 400]) {
      const referenceNo = freshReference();
      const record = bindingRecord(referenceNo, "declined");
      const first = await attempted(
        refusal(code, status),
        { ...problem(becomes, word(code)), record },
        referenceNo,
      );
      await expectSame(referenceNo, first, true);
    }
  });

  test.each(
    words("9010 9011 9012 9020"),
  )("%s becomes misconfigured: the identity stays usable", async (code) => {
    const referenceNo = freshReference();
    const record = bindingRecord(referenceNo, "not_executed");
    await attempted(refusal(code), { ...problem("misconfigured", word(code)), record }, referenceNo);
    expect(wallets.peer.requests).toHaveLength(1);
    await expectNextAttempt(referenceNo);
  });

  test.each(
    words("1001 1002 1003 1004 9002 9999 0001 00"),
  )("%s becomes outcome-unknown, and is never sent again", async (code) => {
    const referenceNo = freshReference();
    const record = bindingRecord(referenceNo, "in_doubt");
    const first = await attempted(
      refusal(code),
      { ...problem("outcome-unknown", word(code)), record },
      referenceNo,
    );
    await expectSame(referenceNo, first, false);
  });

  test("9009 after an attempt that was not sent is in doubt: it may be our own work after all", async () => {
    const referenceNo = freshReference();
    script(registered());
    const first = await wallets.peer.refusing(() => register(wallets, registrationOf(referenceNo)));
    expectProblem(first, { ...problem("not-sent"), record: bindingRecord(referenceNo, "not_sent") });
    const second = await attempted(
      refusal("9009"),
      { ...problem("outcome-unknown", word("9009")), record: bindingRecord(referenceNo, "in_doubt", 2) },
      referenceNo,
    );
    await expectSame(referenceNo, second, false);
  });

  test("9009 on a first attempt is in doubt: what stands before NICEPAY may have sent the request twice", async () => {
    const referenceNo = freshReference();
    const record = bindingRecord(referenceNo, "in_doubt");
    const first = await attempted(
      refusal("9009"),
      { ...problem("outcome-unknown", word("9009")), record },
      referenceNo,
    );
    await expectSame(referenceNo, first, false);
  });

  test("attempt after attempt that had no effect, then success", async () => {
    const referenceNo = freshReference();
    for (let attempt = 1; attempt <= 16; attempt += 1)
      await attempted(
        refusal("9010"),
        {
          ...problem("misconfigured", word("9010")),
          record: bindingRecord(referenceNo, "not_executed", attempt),
        },
        referenceNo,
      );
    await expectNextAttempt(referenceNo, 17);
  });
});

describe("doubt", () => {
  const some = JSON.stringify({ resultCd: "0000", tXid: "T", redirectUrlHttp: "https://n.example/" });
  const faults: readonly (readonly [what: string, fault: Reply])[] = [
    ["no reply in time", hang],
    ["a reply that never ends", drip],
    ["a connection that breaks", reset],
    ["a reply that breaks off", brokenOff(some)],
    ["a reply that is shorter than it says", truncated(some)],
    ["bytes that are no HTTP", noHttp],
    ["HTTP 500", text(some, 500)],
    ["HTTP 404 with a page", text("<h1>no</h1>", 404, "text/html")],
    ["a redirect", redirect(307, "/nicepay/v2/userAccountBinding")],
    ["a page in place of JSON", text("<h1>hello</h1>", 200, "text/html")],
    ["nothing", text("")],
    ["an empty object", text("{}")],
    ["a code that is a number", text('{"resultCd":0}')],
    ["another's referenceNo", registered({ referenceNo: "another" })],
    ["another partner", registered({ mitraCd: "ABCD" })],
    ["no redirect", registered({ redirectUrlHttp: null })],
    ["an empty redirect", registered({ redirectUrlHttp: "" })],
    ["a redirect that is a script", registered({ redirectUrlHttp: "javascript:alert(1)" })],
    [
      "a redirect that is a script and looks like a URL",
      registered({ redirectUrlHttp: "JavaScript://x%0aalert(1)" }),
    ],
    ["a redirect that holds a page", registered({ redirectUrlHttp: "data://text/html,x" })],
  ];

  test.each(faults)("%s: never sent again", async (_what, fault) => {
    const referenceNo = freshReference();
    script(fault);
    const first = await register(wallets, registrationOf(referenceNo));
    const provider = first.body.provider as ReturnType<typeof word> | undefined;
    expectProblem(first, {
      ...problem("outcome-unknown", provider),
      record: bindingRecord(referenceNo, "in_doubt"),
    });
    expect(wallets.peer.requests).toHaveLength(1);
    await expectSame(referenceNo, first, false);
  });

  test.each<readonly [string, object, object]>([
    ["tXid", { tXid: undefined }, { tXid: null }],
    ["tXid", { tXid: "" }, { tXid: null }],
    ["tXid", { tXid: null }, { tXid: null }],
    ["tXid", { tXid: ["T"] }, { tXid: null }],
    ["referenceNo", { referenceNo: undefined }, {}],
    ["referenceNo", { referenceNo: [] }, {}],
    ["mitraCd", { mitraCd: { code: "KDVI" } }, { mitraCd: null }],
    ["transDt", { transDt: undefined }, { registeredAt: null }],
    ["transTm", { transTm: "noon" }, { registeredAt: null }],
  ])("no %s that can be read in a success, %j: the redirect is given all the same, and the user is bound", async (field, said, given) => {
    const registration = registrationOf(freshReference());
    const { referenceNo } = registration;
    const start = wallets.logs().length;
    script(registered(said));
    const record = bindingRecord(referenceNo, "succeeded");
    const result = { ...registrationResult(referenceNo), ...given };
    expectSuccess(await register(wallets, registration), { result, record });
    await vi.waitFor(() => {
      const warned = wallets
        .logs()
        .slice(start)
        .split("\n")
        .filter((line) => line.includes("unreadable"));
      expect(warned.filter((line) => line.includes(`"/${field}"`))).toHaveLength(1);
    });
    const tXid = tXidOf(referenceNo);
    expect((await notify(wallets, notificationOf(registration, { fields: { tXid } }))).status).toBe(200);
    expect((await binding(wallets, referenceNo)).body.result).toMatchObject({ bound: true, tXid });
    expectSuccess(await register(wallets, registration), { result, record }, { replayed: true });
  });

  test("success with HTTP 400 contradicts itself", async () => {
    const referenceNo = freshReference();
    await attempted(
      reply({ resultCd: "0000", resultMsg: "SUCCESS" }, 400),
      {
        ...problem("outcome-unknown", { code: "0000", message: "SUCCESS" }),
        record: bindingRecord(referenceNo, "in_doubt"),
      },
      referenceNo,
    );
  });

  test("a closed port is no doubt", async () => {
    const referenceNo = freshReference();
    script(registered());
    const first = await wallets.peer.refusing(() => register(wallets, registrationOf(referenceNo)));
    expectProblem(first, { ...problem("not-sent"), record: bindingRecord(referenceNo, "not_sent") });
    await expectNextAttempt(referenceNo);
  });
});

describe("a request that is refused", () => {
  const long = (length: number) => `https://shop.example/${"x".repeat(length - 21)}`;
  const url = "/callBackUrl";

  test.each<readonly [what: string, change: object, pointer: string]>([
    ["with http", { callBackUrl: "http://shop.example/" }, url],
    ["with another scheme", { callBackUrl: "javascript:alert(1)//https://shop.example" }, url],
    ["with no URL", { callBackUrl: "shop.example/bound" }, url],
    ["with a host that is not allowed", { callBackUrl: "https://evil.example/" }, url],
    ["with a host below an allowed one", { callBackUrl: "https://a.shop.example/" }, url],
    ["with a host that ends like an allowed one", { callBackUrl: "https://notshop.example/" }, url],
    ["with an allowed host for a user", { callBackUrl: "https://shop.example@evil.example/" }, url],
    // Node reads shop.example here, and a reader of RFC 3986 evil.example.
    ["with a host that readers disagree on", { callBackUrl: "https://shop.example\\@evil.example/" }, url],
    ["with a line end in its URL", { callBackUrl: "https://shop.example/\r\nLocation:x" }, url],
    ["with a URL of 256 characters", { callBackUrl: long(256) }, url],
    ["with a referenceNo of 41", { referenceNo: "r".repeat(41) }, "/referenceNo"],
    ["with a space in its referenceNo", { referenceNo: "a b" }, "/referenceNo"],
    ["with an empty referenceNo", { referenceNo: "" }, "/referenceNo"],
    ["with a phone of another country", { billingPhone: "+919900261104" }, "/billingPhone"],
    ["with a space in its phone", { billingPhone: "+62 82112345678" }, "/billingPhone"],
    ["with a phone of 16 characters", { billingPhone: "+62821123456789012".slice(0, 16) }, "/billingPhone"],
    ["with too long a name", { billingNm: "n".repeat(101) }, "/billingNm"],
    ["with too long an address", { billingEmail: `${"e".repeat(30)}@example.com` }, "/billingEmail"],
    ["with too long a user key", { clientUserKey: "k".repeat(51) }, "/clientUserKey"],
    ["with a partner in lower case", { mitraCd: "kdvi" }, "/mitraCd"],
    ["with a partner of 5 letters", { mitraCd: "KDVIX" }, "/mitraCd"],
    ["with a notification URL of its own", { dbProcessUrl: "https://evil.example/" }, "/dbProcessUrl"],
    ["with a merchant of its own", { iMid: "IONPAYTEST" }, "/iMid"],
    ["with a token of its own", { merchantToken: "0" }, "/merchantToken"],
    ["with a method of its own", { payMethod: "01" }, "/payMethod"],
    ["with a time of its own", { timeStamp: "20250101000000" }, "/timeStamp"],
  ])("%s", async (_what, change, pointer) => {
    const before = (await wallets.items()).length;
    script(registered());
    const answer = await register(wallets, { ...registrationOf(freshReference()), ...change });
    const errors = answer.body.errors as readonly { readonly pointer: string }[];
    expectProblem(answer, { ...problem("invalid-request"), errors });
    expect(errors.map((fault) => fault.pointer)).toContain(pointer);
    expect(wallets.peer.requests).toEqual([]);
    expect(await wallets.items()).toHaveLength(before);
  });

  test.each(
    words("referenceNo billingNm billingPhone callBackUrl clientUserKey"),
  )("without %s", async (field) => {
    script(registered());
    const registration = { ...registrationOf(freshReference()), [field]: undefined };
    const answer = await register(wallets, registration);
    expectProblem(answer, {
      ...problem("invalid-request"),
      errors: [{ pointer: `/${field}`, detail: "is required" }],
    });
    expect(wallets.peer.requests).toEqual([]);
  });

  test("an Idempotency-Key must be the referenceNo", async () => {
    script(registered());
    const referenceNo = freshReference();
    for (const key of ["another", referenceNo.toUpperCase(), `${referenceNo}x`]) {
      const answer = await register(wallets, registrationOf(referenceNo), key);
      const errors = answer.body.errors as readonly { readonly header: string }[];
      expectProblem(answer, { ...problem("invalid-request"), errors });
      expect(errors.map((fault) => fault.header)).toEqual(["idempotency-key"]);
    }
    expect(wallets.peer.requests).toEqual([]);
    expect((await register(wallets, registrationOf(referenceNo), referenceNo)).status).toBe(200);
  });

  test.each([
    "https://shop.example/x",
    "https://SHOP.example:8443/x?y=1#z",
    "https://app.example",
    long(255),
  ])("but not with %s", async (callBackUrl) => {
    script(registered());
    const answer = await register(wallets, registrationOf(freshReference(), { callBackUrl }));
    expect(answer.status).toBe(200);
    expect(bodies()).toMatchObject([{ callBackUrl }]);
  });
});
