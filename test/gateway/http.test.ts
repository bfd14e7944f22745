import { randomBytes } from "node:crypto";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  freshReference,
  notificationOf,
  register,
  registered,
  registrationOf,
} from "../support/account-bindings.ts";
import type { Answer } from "../support/aggrepay-gateway.ts";
import { callOf, type Subject, subjects, successOf } from "../support/five-wallets.ts";
import { alwaysSent, type Reply, text } from "../support/peer.ts";
import { started } from "../support/started.ts";
import { secretValues, startWallets } from "../support/wallets.ts";
import { words } from "../support/words.ts";

const { wallets } = started({ wallets: () => startWallets({ env: { CALLBACK_HOSTS: "shop.example" } }) });

const scripted = (subject: Subject, reply: Reply | readonly Reply[]) =>
  wallets.peer.script({ [subject.name]: reply });

async function ask(
  subject: Subject,
  reply: Reply | readonly Reply[],
  id = subject.freshId(),
): Promise<Answer> {
  scripted(subject, reply);
  return callOf(subject, wallets, id);
}

const subjectOf = (route: string): Subject => {
  const found = subjects.find((subject) => subject.route === route);
  if (!found) throw new Error(`there is no ${route}`);
  return found;
};
const read = subjectOf("aggrepay/fetch-balance");
const debit = subjectOf("aggrepay/debit-wallet");
const binding = subjectOf("nicepay/register-account-binding");

/** A change may have been carried out; a read has failed. Asked once, either way. */
async function expectNothingLearned(subject: Subject, reply: Reply): Promise<Answer> {
  const answer = await ask(subject, reply);
  const code = subject.kind === "change" ? "outcome-unknown" : "provider-fault";
  expect({ code: answer.body.code, detail: answer.body.detail, provider: answer.body.provider }).toEqual({
    code,
    detail: expect.any(String) as string,
    provider: undefined,
  });
  expect(answer.status).toBe(subject.kind === "change" ? 504 : 502);
  expect(wallets.peer.requests).toHaveLength(1);
  return answer;
}

async function itemOf({ body }: Answer) {
  const item = await wallets.item((body.record as { readonly id: string }).id);
  if (!item) throw new Error("the answer's record is not there");
  return item;
}

describe("a request", () => {
  test.each(subjects)("of $title names its sender and asks for no coding", async (subject) => {
    expect((await ask(subject, successOf(subject))).status).toBe(200);
    expect(wallets.peer.requests[0]?.headers).toMatchObject(alwaysSent);
  });

  test("cannot be given another sender by a secret that names headers", async () => {
    const { wibmo } = secretValues;
    const encrypt = subjectOf("wibmo/encrypt");
    for (const name of ["User-Agent", "accept-encoding"]) {
      wallets.rotate({
        ...secretValues,
        wibmo: { ...wibmo, clientId: "C1", headerNames: { clientId: name } },
      });
      await wallets.forget();
      const answer = await ask(encrypt, successOf(encrypt));
      expect(answer.body.code).toBe("misconfigured");
      expect(wallets.peer.requests).toEqual([]);
    }
    wallets.rotate(secretValues);
    await wallets.forget();
  });
});

describe("a reply that something on its way has encoded", () => {
  const twice = (body: Buffer) => brotliCompressSync(gzipSync(body));
  const forms: readonly (readonly [string, string | readonly string[], (body: Buffer) => Buffer])[] = [
    ["gzip", "gzip", gzipSync],
    ["gzip in capitals", "GZIP", gzipSync],
    ["x-gzip", "x-gzip", gzipSync],
    ["deflate", "deflate", deflateSync],
    ["deflate at another level", "Deflate", (body) => deflateSync(body, { level: 1 })],
    ["deflate without its wrapping", "deflate", deflateRawSync],
    ["br", "br", brotliCompressSync],
    ["gzip, then br", "gzip, br", twice],
    ["gzip, then br, in two headers", ["gzip", "br"], twice],
    ["deflate, then identity, then gzip", "deflate,identity ,gzip", (body) => gzipSync(deflateSync(body))],
    ["identity", "identity", (body) => body],
    ["no name at all", ", ", (body) => body],
    [
      "gzip in two members",
      "gzip",
      (body) => Buffer.concat([gzipSync(body.subarray(0, 9)), gzipSync(body.subarray(9))]),
    ],
  ];

  const mislabelled: typeof forms = [
    ["a charset for a coding", "utf-8", (body) => body],
    ["the word none", "none", (body) => body],
    ["gzip over what is plain", "gzip", (body) => body],
    ["gzip over what is plain, behind a byte order mark", "gzip", (body) => Buffer.from(`\ufeff${body}`)],
    ["deflate over what is plain", "deflate", (body) => body],
    ["br over what is plain", "br", (body) => body],
    ["gzip, br over what is plain", "gzip, br", (body) => body],
    ["gzip, br over gzip alone", "gzip, br", gzipSync],
    ["a name that is not known over what is plain", "aws-chunked", (body) => body],
    ["a text over what is plain", "a secret, perhaps?", (body) => body],
    ["no name over gzip", [], gzipSync],
    ["no name over zlib's deflate", [], deflateSync],
    ["identity over gzip", "identity", gzipSync],
    ["utf-8 over gzip", "utf-8", gzipSync],
    ["gzip over what was compressed twice", "gzip", (body) => gzipSync(gzipSync(body))],
    ["deflate over gzip", "deflate", gzipSync],
    ["gzip over deflate", "gzip", deflateSync],
  ];

  test.each([...forms, ...mislabelled])("%s: is read", async (_what, coding, write) => {
    for (const subject of [read, debit, binding]) {
      const answer = await ask(
        subject,
        successOf(subject, write, { headers: { "content-encoding": coding } }),
      );
      expect(answer.status).toBe(200);
    }
  });

  test.each(
    subjects,
  )("$title: is read, and its signature verified over what was decoded", async (subject) => {
    const headers = { "content-encoding": "br" };
    expect((await ask(subject, successOf(subject, brotliCompressSync, { headers }))).status).toBe(200);
  });

  test("its refusals are read, too", async () => {
    const refusal = JSON.stringify({
      data: null,
      error: { code: "INVALID-MPIN", message: "Invalid MPIN" },
      page: null,
      hash: null,
    });
    const answer = await ask(debit, (response) => {
      response.writeHead(400, { "content-encoding": "gzip" }).end(gzipSync(refusal));
    });
    expect(answer.body.code).toBe("wrong-credential");
  });

  test("a name of a coding over nothing is no coding", async () => {
    const answer = await ask(read, (response) => {
      response.writeHead(429, { "content-encoding": "gzip" }).end();
    });
    expect(answer.body.code).toBe("throttled");
  });

  const spaces = (bytes: number) => (body: Buffer) => Buffer.concat([body, Buffer.alloc(bytes, " ")]);
  /** As Zstandard begins. */
  const zstd = (body: Buffer) => Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), body]);
  const bad: readonly (readonly [string, string, (body: Buffer) => Buffer | string, RegExp])[] = [
    ["a coding that is not known", "zstd", zstd, /content coding that is not known: zstd/],
    ["another that is not known", "compress", zstd, /content coding that is not known: compress/],
    [
      "one that is not known beside one that is",
      "sdch, gzip",
      (body) => gzipSync(zstd(body)),
      /not known: sdch/,
    ],
    ["a coding whose name is a text", "a secret, perhaps?", zstd, /not known: \(unreadable\)/],
    ["what is no gzip", "gzip", zstd, /is not what its content coding \(gzip\) says/],
    ["what is no br", "br", zstd, /is not what its content coding \(br\) says|broke off/],
    ["what is no deflate", "deflate", zstd, /content coding \(deflate\)/],
    ["a gzip that is damaged", "gzip", (body) => flipped(gzipSync(body)), /content coding \(gzip\)/],
    ["a gzip that ends early", "gzip", (body) => gzipSync(body).subarray(0, -9), /broke off within.*gzip/],
    [
      "a gzip without its last byte",
      "gzip",
      (body) => gzipSync(body).subarray(0, -1),
      /broke off within.*gzip/,
    ],
    [
      "a br that ends early",
      "br",
      (body) => brotliCompressSync(body).subarray(0, -4),
      /broke off within.*br/,
    ],
    [
      "a deflate that ends early",
      "deflate",
      (body) => deflateSync(body).subarray(0, -6),
      /broke off within.*deflate/,
    ],
    [
      "a bomb by size",
      "gzip",
      (body) => gzipSync(spaces(30_000_000)(body)),
      /grows more than 200 times|too large once/,
    ],
    [
      "a bomb by size that shrinks badly",
      "gzip",
      (body) => gzipSync(Buffer.concat([body, noise(1_200_000)])),
      /too large/,
    ],
    [
      "a bomb by ratio",
      "br",
      (body) => brotliCompressSync(spaces(900_000)(body)),
      /grows more than 200 times/,
    ],
    [
      "a bomb within a bomb",
      "gzip, gzip",
      (body) => gzipSync(gzipSync(spaces(20_000_000)(body))),
      /grows more than 200 times/,
    ],
    [
      "a coding in a coding in a coding",
      "gzip",
      (body) => [1, 2, 3, 4, 5].reduce((bytes) => gzipSync(bytes), body),
      /too many content codings/,
    ],
    [
      "more codings than anybody uses",
      "gzip, gzip, gzip, gzip, gzip",
      (body) => body,
      /too many content codings/,
    ],
  ];

  test.each(bad)("%s: nothing is learned, and the answer says why", async (_what, coding, write, why) => {
    for (const subject of [read, debit]) {
      const reply = successOf(subject, write, { headers: { "content-encoding": coding } });
      expect((await expectNothingLearned(subject, reply)).body.detail).toMatch(why);
    }
  });

  const flipped = (bytes: Buffer) => {
    const at = Math.floor(bytes.byteLength / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    return bytes;
  };
  /** Hexadecimal digits, which shrink to a half. */
  const noise = (bytes: number) => Buffer.from(randomBytes(bytes / 2).toString("hex"));
});

describe("HTTP 401 and 403 without the provider's own JSON", () => {
  const bodies: readonly (readonly [string, string])[] = [
    ["a page", "<!doctype html><title>403 Forbidden</title><center>cloudfront</center>"],
    ["nothing", ""],
    ["a line of text", "Access denied"],
    ["AWS's JSON", '{"message":"Forbidden"}'],
    ["Azure's JSON", '{"statusCode":401,"message":"Access denied due to missing subscription key."}'],
    ["Google's JSON", '{"error":{"code":403,"message":"Forbidden","status":"PERMISSION_DENIED"}}'],
    ["Spring's JSON", '{"timestamp":"2026-11-28T00:00:00Z","status":403,"error":"Forbidden","path":"/"}'],
    ["Kong's word on an address", '{"message":"IP address not allowed: 203.0.113.7"}'],
    ["a status for a code", '{"responseCode":"403","responseMessage":"Forbidden"}'],
    ["a status for every code", '{"resultCd":"401","errorCode":401,"status":"403","code":"403"}'],
    ["a word for a code", '{"responseCode":"FORBIDDEN","resultCd":"ACCESS_DENIED","code":"Forbidden"}'],
    ["an error whose code is the status", '{"error":{"code":"403","message":"Forbidden"}}'],
    ["a list", "[]"],
    ["JSON that breaks off", '{"responseCode":"1'],
  ];

  describe.each(subjects)("$title", (subject) => {
    test.each(bodies)("%s: the network's word, never our keys", async (_what, body) => {
      for (const status of [401, 403]) {
        const { body: said } = await expectNothingLearned(subject, text(body, status));
        expect(said.detail).toMatch(new RegExp(`in front of ${subject.provider} .*HTTP ${status}.*firewall`));
        expect(said.detail).not.toMatch(/key|signature/i);
      }
    });
  });

  test("no newer secret is looked for, and nothing is signed again", async () => {
    const payu = subjectOf("payu/check-status");
    expect((await ask(payu, successOf(payu))).status).toBe(200);
    wallets.rotate({ ...secretValues, payu: { ...secretValues.payu, merchantSalt: "another" } });
    try {
      await expectNothingLearned(payu, text("<h1>Forbidden</h1>", 403, "text/html"));
      // Its gate's own word on the signature is another matter.
      const refused = text('{"message":"HMAC signature does not match"}', 403);
      expect((await ask(payu, [refused, successOf(payu)])).status).toBe(200);
      expect(wallets.peer.requests).toHaveLength(2);
    } finally {
      wallets.rotate(secretValues);
      await wallets.forget();
    }
  });
});

describe("HTTP 429", () => {
  const bodies = (subject: Subject): readonly string[] => [
    "",
    "Too Many Requests",
    "<h1>429</h1>",
    '{"message":"API rate limit exceeded"}',
    "[]",
    subject.unlisted,
  ];

  test.each(subjects)("$title: throttled, and a change may be made again", async (subject) => {
    // A list may be what is left of a success, where money hangs on it.
    const all = bodies(subject).filter((body) => subject.kind === "read" || body !== "[]");
    for (const body of all) {
      const id = subject.freshId();
      const answer = await ask(subject, text(body, 429), id);
      expect([answer.status, answer.body.code, answer.body.retry]).toEqual([
        429,
        "throttled",
        "same-identity",
      ]);
      expect(answer.body.detail).toContain(subject.provider);
      if (subject.kind === "change") expect((await itemOf(answer)).state?.S).toBe("not_executed");
      expect((await ask(subject, successOf(subject), id)).status).toBe(200);
    }
  });

  const spoilt: readonly (readonly [string, (body: Buffer) => Buffer | string])[] = [
    ["a success", (body) => body],
    ["a success that breaks off", (body) => body.subarray(0, -5)],
    ["a success within a list", (body) => `[${String(body)}]`],
    ["a success behind a byte order mark", (body) => `\ufeff${String(body)}`],
    ["a success in UTF-16", (body) => Buffer.from(`\ufeff${String(body)}`, "utf16le")],
    ["a success in UTF-16 without a mark", (body) => Buffer.from(String(body), "utf16le")],
    ["a success behind white space", (body) => ` \r\n\t${String(body).slice(0, -1)}`],
  ];

  test.each(spoilt)("around %s is doubt", async (_what, write) => {
    for (const subject of [debit, binding]) {
      const answer = await ask(subject, successOf(subject, write, { status: 429 }));
      expect(answer.body.code).toBe("outcome-unknown");
      expect((await itemOf(answer)).state?.S).toBe("in_doubt");
    }
  });

  test("around an encoded success is doubt", async () => {
    const options = { status: 429, headers: { "content-encoding": "gzip" } };
    expect((await ask(debit, successOf(debit, gzipSync, options))).body.code).toBe("outcome-unknown");
    const broken = successOf(debit, (body) => gzipSync(body).subarray(0, -4), options);
    expect((await ask(debit, broken)).body.code).toBe("outcome-unknown");
  });
});

describe("the provider's Retry-After", () => {
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);
  /** `Sunday, 06-Nov-94 08:49:37 GMT`, and `Sun Nov  6 08:49:37 1994`. */
  const older = (date: Date, form: "rfc850" | "asctime") => {
    const day =
      ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"][date.getUTCDay()] ?? "";
    const [, dd = "", month = "", year = "", time = ""] = date.toUTCString().split(" ");
    return form === "rfc850"
      ? `${day}, ${dd}-${month}-${year.slice(2)} ${time} GMT`
      : `${day.slice(0, 3)} ${month} ${String(Number(dd)).padStart(2)} ${time} ${year}`;
  };

  /** What is said, and the least and most that may be answered: the clock goes on. */
  const forms: readonly (readonly [string, () => string, number, number])[] = [
    ["seconds", () => "120", 115, 120],
    ["seconds with space around them", () => " 0090 ", 85, 90],
    ["a date", () => inSeconds(300).toUTCString(), 294, 300],
    ["a date with two digits for its year", () => older(inSeconds(300), "rfc850"), 294, 300],
    ["a date as asctime writes it", () => older(inSeconds(300), "asctime"), 294, 300],
    ["a day", () => "86400", 3595, 3600],
    ["a date in a year", () => inSeconds(365 * 86_400).toUTCString(), 3595, 3600],
    ["a fraction of a second", () => "119.5", 115, 120],
    ["one value twice", () => "120, 120", 115, 120],
    ["one date three times", () => Array(3).fill(inSeconds(300).toUTCString()).join(","), 294, 300],
    ["a date of UTC", () => inSeconds(300).toUTCString().replace("GMT", "UTC"), 294, 300],
    [
      "a date with its offset",
      () =>
        inSeconds(300 + 19_800)
          .toUTCString()
          .replace("GMT", "+0530"),
      294,
      300,
    ],
    [
      "a date with the other offset",
      () =>
        inSeconds(300 - 7200)
          .toUTCString()
          .replace("GMT", "-02:00"),
      294,
      300,
    ],
    ["ISO 8601", () => inSeconds(300).toISOString(), 294, 300],
    ["more digits than a number holds", () => "9".repeat(400), 3595, 3600],
  ];
  const preset = (code: unknown) =>
    ({ throttled: 5, "provider-fault": 5, "outcome-unknown": 30 })[String(code)];
  /** What was sent that names this id: the reconciler asks about others meanwhile. */
  const sentOf = (id: string) =>
    wallets.peer.requests.filter(({ body }) => body.includes(id)).map(({ name }) => name);
  const said = (answer: Answer) => Number(answer.headers.get("retry-after"));
  const replying =
    (status: number, retryAfter: string): Reply =>
    (response) => {
      response.writeHead(status, { "retry-after": retryAfter }).end();
    };

  test.each(
    forms,
  )("in %s is what we answer, and what a repeat is answered while it holds", async (_what, write, least, most) => {
    const within = (answer: Answer) => {
      expect(said(answer)).toBeGreaterThanOrEqual(least);
      expect(said(answer)).toBeLessThanOrEqual(most);
    };
    for (const status of [429, 503]) within(await ask(read, replying(status, write())));
    within(await ask(debit, replying(429, write())));
    const id = debit.freshId();
    const began = Date.now();
    const doubtful = await ask(debit, replying(503, write()), id);
    within(doubtful);
    const item = await itemOf(doubtful);
    // Nobody asks what became of it before that.
    expect(Number(item.due?.N)).toBeGreaterThanOrEqual(began + least * 1000);
    const again = await callOf(debit, wallets, id);
    expect([again.status, again.body.code]).toEqual([504, "outcome-unknown"]);
    within(again);
    expect(sentOf(id)).toEqual([debit.name]);
  });

  test.each(subjects)("is what $title answers, whatever of these the status", async (subject) => {
    for (const status of [403, 429, 500, 502, 503, 504]) {
      const answer = await ask(subject, replying(status, "77"));
      expect([429, 502, 504]).toContain(answer.status);
      expect(said(answer)).toBeGreaterThan(70);
      expect(said(answer)).toBeLessThanOrEqual(77);
    }
  });

  test.each([
    ["0", 1],
    [new Date(Date.now() - 60_000).toUTCString(), 1],
    ["Sun Nov  6 08:49:37 1994", 1],
  ])("%s has passed: a second", async (retryAfter, seconds) => {
    expect(said(await ask(read, replying(503, retryAfter)))).toBe(seconds);
  });

  test.each([
    ...words("soon -5 1e3 120s 0x10"),
    "Sun, 31 Feb 2099 08:49:37 GMT",
    "Sun, 06 Nov 2099 25:49:37 GMT",
    "2099-11-06T08:49:37",
    "Sun, 06 Nov 2099 08:49:37 CET",
    "120, 240",
  ])("%s is nonsense, and ours is answered", async (retryAfter) => {
    for (const status of [429, 503]) {
      const answer = await ask(read, replying(status, retryAfter));
      expect(said(answer)).toBe(preset(answer.body.code));
    }
  });

  test("of an inquiry is answered, and waited for, too", async () => {
    const id = debit.freshId();
    const doubtful = await ask(debit, text("", 500), id);
    expect(said(doubtful)).toBe(30);
    const began = Date.now();
    wallets.peer.script({
      fetchbymerchantransactionid: replying(429, "900"),
      fetchtransactions: replying(429, "900"),
    });
    const again = await callOf(debit, wallets, id);
    expect(again.status).toBe(504);
    expect(said(again)).toBeGreaterThan(890);
    expect(Number((await itemOf(again)).due?.N)).toBeGreaterThanOrEqual(began + 890_000);
    wallets.peer.script({});
    expect(said(await callOf(debit, wallets, id))).toBeGreaterThan(880);
    expect(sentOf(id)).toEqual([]);
  });

  test("of a look is answered: nothing was sent", async () => {
    wallets.peer.script({ fetchcustomerdetail: replying(503, "600") });
    const answer = await wallets.call(
      "aggrepay/register-customer",
      {
        mobileNumber: "+919900261104",
        otp: "509150",
        firstName: "A",
        lastName: "B",
        dateOfBirth: "1990-01-01",
        mpin: "739173",
      },
      { key: debit.freshId() },
    );
    expect([answer.status, answer.body.code]).toEqual([503, "not-sent"]);
    expect(said(answer)).toBeGreaterThan(590);
  });

  test("is not answered with what a caller must mend", async () => {
    const refusal = {
      data: null,
      error: { code: "INVALID-MPIN", message: "Invalid MPIN" },
      page: null,
      hash: null,
    };
    const answer = await ask(debit, (response) => {
      response.writeHead(400, { "retry-after": "120" }).end(JSON.stringify(refusal));
    });
    expect(answer.body.code).toBe("wrong-credential");
    expect(answer.headers.get("retry-after")).toBeNull();
  });
});

describe("a byte order mark", () => {
  test.each(subjects)("before the reply to $title is passed over once", async (subject) => {
    const marked = (marks: string) => successOf(subject, (body) => `${marks}${String(body)}`);
    for (const marks of ["\ufeff", " \ufeff", "\r\n\t\ufeff\n"])
      expect([marks, (await ask(subject, marked(marks))).status]).toEqual([marks, 200]);
    await expectNothingLearned(subject, marked("\ufeff\ufeff"));
    await expectNothingLearned(subject, marked("\ufeff \ufeff"));
    await expectNothingLearned(subject, marked("\u00a0\ufeff"));
  });

  test.each(subjects)("before a request to $title is passed over once", async (subject) => {
    const post = (marks: string) => {
      scripted(subject, successOf(subject));
      return wallets.post(`/v1/${subject.route}`, marks + JSON.stringify(subject.input(subject.freshId())), {
        "content-type": "application/json",
      });
    };
    expect((await post("\ufeff")).status).toBe(200);
    expect((await post("\n\ufeff")).status).toBe(200);
    expect([(await post("\ufeff\ufeff")).status, wallets.peer.requests]).toEqual([400, []]);
    expect((await post("{\ufeff")).status).toBe(400);
  });

  test("before a notification is passed over, however many there are: the signature decides", async () => {
    const registration = registrationOf(freshReference());
    wallets.peer.script({ userAccountBinding: registered() });
    expect((await register(wallets, registration)).status).toBe(200);
    const notification = JSON.stringify(notificationOf(registration));
    const push = (body: string) =>
      wallets.post("/webhooks/nicepay/account-binding", body, { "content-type": "application/json" });
    expect((await push(`\ufeff\ufeff${notification}`)).status).toBe(200);
    expect((await push(`\ufeff${notification}`)).status).toBe(200);
  });

  test("of UTF-16 is refused, and the answer says what is wrong", async () => {
    const utf16 = (body: Buffer | string) => Buffer.from(`\ufeff${String(body)}`, "utf16le");
    for (const subject of subjects)
      expect((await expectNothingLearned(subject, successOf(subject, utf16))).body.detail).toMatch(
        /UTF-16, not UTF-8/,
      );
    const request = JSON.stringify(read.input(""));
    for (const body of [utf16(request), utf16(request).swap16(), Buffer.from(request, "utf16le")]) {
      const answer = await wallets.post(`/v1/${read.route}`, body, { "content-type": "application/json" });
      expect(answer.status).toBe(400);
      expect(answer.body.detail).toMatch(/UTF-16, not UTF-8/);
    }
  });
});
