import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import {
  binding,
  freshReference,
  notificationOf,
  notify,
  register,
  registered,
  registrationOf,
  straysOf,
  userTokenOf,
} from "../support/account-bindings.ts";
import { started } from "../support/started.ts";
import { secretValues, startWallets } from "../support/wallets.ts";

const { nicepay, ...others } = secretValues;
const { wallets } = started({
  /** A secret that is not there when a notification comes: the function cannot say whether it is genuine. */
  wallets: () => startWallets(),
});

test("what cannot be verified now waits in the queue, over a kill, and binds when it can be", async () => {
  const registration = registrationOf(freshReference());
  wallets.peer.script({ userAccountBinding: registered() });
  expect((await register(wallets, registration)).status).toBe(200);
  wallets.rotate(others);
  await wallets.restart();
  expect((await notify(wallets, notificationOf(registration))).status).toBe(200);
  expect((await notify(wallets, notificationOf(registration, { merchantKey: "forged" }))).status).toBe(200);
  await wallets.restart();
  await sleep(1_000);
  expect((await binding(wallets, registration.referenceNo)).body.result).toMatchObject({ bound: false });
  wallets.rotate({ ...others, nicepay });
  await vi.waitFor(
    async () =>
      expect((await binding(wallets, registration.referenceNo)).body.result).toMatchObject({
        bound: true,
        userToken: userTokenOf(registration.referenceNo),
      }),
    { timeout: 30_000, interval: 100 },
  );
  await vi.waitFor(() => expect(wallets.logs()).toContain('"QueueJunk":1'), { timeout: 30_000 });
  expect(await straysOf(wallets, registration.referenceNo)).toEqual([]);
  expect(wallets.logs()).not.toContain("planted+user");
}, 60_000);
