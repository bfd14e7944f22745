import { expect, test } from "vitest";
import { type Answer, expectProblem } from "./aggrepay-gateway.ts";
import { brokenOff, drip, hang, noHttp, type Reply, redirect, reset, text, truncated } from "./peer.ts";
import { type Code, problem, type Wallets } from "./wallets.ts";

/** One read of a provider: how it is asked, and what its success is. */
export interface ReadCase {
  readonly wallets: () => Wallets;
  /** The last part of the provider's path. */
  readonly name: string;
  readonly success: Reply;
  readonly send: () => Promise<Answer>;
}

type Fault = readonly [what: string, reply: (success: Reply) => Reply, code: Code];

const some = '{"responseCode":"00","status":"SUCCESS","token":"dG9r","secKey":"k"}';

const faults: readonly Fault[] = [
  ["no reply in time", () => hang, "outcome-unknown"],
  ["a reply that never ends", () => drip, "outcome-unknown"],
  ["a connection that breaks", () => reset, "provider-fault"],
  ["a reply that breaks off", () => brokenOff(some), "provider-fault"],
  ["a reply that is shorter than it says", () => truncated(some), "provider-fault"],
  ["bytes that are no HTTP", () => noHttp, "provider-fault"],
  ["HTTP 500", () => text(some, 500), "provider-fault"],
  ["HTTP 503 with a page", () => text("<h1>busy</h1>", 503, "text/html"), "provider-fault"],
  ["a page in place of JSON", () => text("<h1>hello</h1>", 200, "text/html"), "provider-fault"],
  ["JSON that breaks off", () => text(some.slice(0, -3)), "provider-fault"],
  ["JSON that is not UTF-8", () => text(Buffer.from(`{"token":"\xff"}`, "latin1")), "provider-fault"],
  ["a list", () => text(`[${some}]`), "provider-fault"],
  ["nothing", () => text(""), "provider-fault"],
  ["an empty object", () => text("{}"), "provider-fault"],
];

/** Declares the tests of everything that can befall a read on its way; nothing is sent a second time. */
export function testReadFaults({ wallets, name, success, send }: ReadCase): void {
  const expectRepeat = async () => {
    wallets().peer.script({ [name]: success });
    expect((await send()).status).toBe(200);
  };

  test.each(faults)("%s", async (_what, fault, code) => {
    wallets().peer.script({ [name]: fault(success) });
    const answer = await send();
    // A provider's word, where there is one, is the provider's own affair.
    const word = answer.body.provider as { readonly code: string; readonly message: string } | undefined;
    expectProblem(answer, problem(code, word));
    expect(wallets().peer.requests).toHaveLength(1);
    await expectRepeat();
  });

  test.each([301, 302, 303, 307, 308])("HTTP %i is not followed", async (status) => {
    wallets().peer.script({
      [name]: redirect(status, `${wallets().peer.url}/elsewhere/${name}`),
      elsewhere: success,
    });
    expectProblem(await send(), problem("provider-fault"));
    expect(wallets().peer.requests).toHaveLength(1);
  });

  test.each([400, 401, 403, 404, 422])("HTTP %i without a code is as a 5xx", async (status) => {
    wallets().peer.script({ [name]: text("", status) });
    const answer = await send();
    const word = answer.body.provider as { readonly code: string; readonly message: string } | undefined;
    expectProblem(answer, problem("provider-fault", word));
    expect(wallets().peer.requests).toHaveLength(1);
  });

  test("a closed port: nothing was sent", async () => {
    wallets().peer.script({ [name]: success });
    expectProblem(await wallets().peer.refusing(send), problem("not-sent"));
    expect(wallets().peer.requests).toEqual([]);
    await expectRepeat();
  });
}
