import { createHash } from "node:crypto";
import * as v from "valibot";
import { callOf, sampled } from "../../contract/registry.ts";
import { operation as addSubMerchant } from "../../functions/aggrepay/add-sub-merchant.ts";
import { operation as changeMpin } from "../../functions/aggrepay/change-mpin.ts";
import { operation as creditWallet } from "../../functions/aggrepay/credit-wallet.ts";
import { operation as customerOtp } from "../../functions/aggrepay/customer-otp.ts";
import { operation as customerStatus } from "../../functions/aggrepay/customer-status.ts";
import { operation as debitReversal } from "../../functions/aggrepay/debit-reversal.ts";
import { operation as debitWallet } from "../../functions/aggrepay/debit-wallet.ts";
import { operation as forgotMpin } from "../../functions/aggrepay/forgot-mpin.ts";
import { operation as registerCustomer } from "../../functions/aggrepay/register-customer.ts";
import { operation as registrationOtp } from "../../functions/aggrepay/registration-otp.ts";
import { operation as updateCustomer } from "../../functions/aggrepay/update-customer.ts";
import { operation as walletToWallet } from "../../functions/aggrepay/wallet-to-wallet.ts";
import { functions } from "../../functions/index.ts";
import { operation as registerBinding } from "../../functions/nicepay/register-account-binding.ts";
import { type ChangeOperation, settles } from "../../lib/operation/change-spec.ts";
import { recordId } from "../../lib/records/identity.ts";
import type { Json } from "./dress.ts";

/** Any change: what differs from one to another is of no concern to the pipeline that runs them all. */
// biome-ignore lint/suspicious/noExplicitAny: the types of one operation's input and reply meet only inside it
export type AnyChange = ChangeOperation<any, any, any, any>;

export const changes = functions.filter(settles) as unknown as readonly AnyChange[];

/** One caller's request: an operation, an input, an identity. */
export interface Subject {
  readonly name: string;
  readonly operation: AnyChange;
  readonly input: Record<string, unknown>;
  /** As its caller writes it. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly key: string | undefined;
  readonly caller: string;
  /** The id of its record. */
  readonly record: string;
  /** What makes two requests the same one, however they are written. */
  readonly sameness: string;
}

const written: Readonly<Record<string, AnyChange>> = {
  addSubMerchant,
  changeMpin,
  creditWallet,
  customerOtp,
  customerStatus,
  debitReversal,
  debitWallet,
  laterReversal: debitReversal,
  forgotMpin,
  registerCustomer,
  registrationOtp,
  updateCustomer,
  walletToWallet,
  registerBinding,
};

type Sample = (n: string) => Record<string, unknown>;

const digitsOf = (text: string, length: number): string =>
  BigInt(`0x${createHash("sha256").update(text).digest("hex").slice(0, 24)}`)
    .toString()
    .slice(-length)
    .padStart(length, "1");
const mobile = (n: string) => `+919${digitsOf(n, 9)}`;
const customer = (n: string) => digitsOf(n, 9);

/** A request of each change that differs for each `n`; of money only its id does, so that requests can meet in one list. */
export const samples = {
  creditWallet: (n) => ({
    toCustomerId: "100000001",
    amount: "40",
    merchantTransactionId: n,
    pgTransactionId: `pg-${n}`,
  }),
  debitWallet: (n) => ({
    fromCustomerId: "100000001",
    amount: "5.50",
    mpin: "1234",
    merchantTransactionId: n,
  }),
  walletToWallet: (n) => ({
    ...{ fromCustomerId: "100000001", toCustomerId: "100000002", amount: "7.25" },
    ...{ mpin: "1234", merchantTransactionId: n },
  }),
  debitReversal: (n) => ({ merchantTransactionId: n }),
  laterReversal: (n) => ({ merchantTransactionId: n, reversal: 2 }),
  registrationOtp: (n) => ({ email: `${n.toLowerCase()}@example.com`, mobileNumber: mobile(n) }),
  registerCustomer: (n) => ({
    mobileNumber: mobile(n),
    otp: "123456",
    firstName: "Asha",
    lastName: "Rao",
    mpin: "1234",
  }),
  updateCustomer: (n) => ({ customerId: customer(n), city: "Pune" }),
  customerStatus: (n) => ({ customerId: customer(n), customerActive: false }),
  customerOtp: (n) => ({ customerId: customer(n) }),
  forgotMpin: (n) => ({ customerId: customer(n), otp: "123456", newMpin: "4321" }),
  changeMpin: (n) => ({ customerId: customer(n), oldMpin: "1234", newMpin: "4321" }),
  addSubMerchant: (n) => ({
    ...{ mobileNumber: mobile(n), email: "shop@example.com", name: `Shop ${n}`, accountNumber: "1234567890" },
    ...{ accountName: "Shop", ifscCode: "HDFC0001234", bankName: "HDFC", bankBranch: "Fort" },
  }),
  registerBinding: (n) => ({
    ...{ referenceNo: n, billingNm: "Ayu", billingPhone: "+628123456789" },
    ...{ callBackUrl: "https://shop.example/back", clientUserKey: "user-1" },
  }),
} satisfies Readonly<Record<string, Sample>>;

/** The name of an operation that has no request above, as the registry has it. */
type Derived = string & { readonly isDerived: true };
export type SubjectName = keyof typeof samples;
export type StruckName = SubjectName | Derived;

interface DerivedSubject {
  readonly name: Derived;
  readonly operation: AnyChange;
  readonly sample: Sample;
  /** The provider's path, and `data` of its success. */
  readonly path: string;
  readonly data: (fields: Readonly<Record<string, string>>) => Json;
}

/** AggrePay's other changes: the least request of the operation's sample, with what names the customer made of `n`. */
export const derived: readonly DerivedSubject[] = sampled
  .filter(({ operation: { name } }) => !Object.values(written).some((each) => each.name === name))
  .flatMap(({ id, operation: { name }, sample }) => {
    const operation = changes.find((each) => each.name === name);
    if (operation?.provider.name !== "aggrepay") return [];
    const request: Sample = (n) => {
      const { input } = sample.least(n);
      return {
        ...input,
        ...("customerId" in input && { customerId: customer(n) }),
        ...("mobileNumber" in input && { mobileNumber: mobile(n) }),
      };
    };
    const { path } = callOf({ operation }, v.parse(operation.input, request("n")));
    const data = (fields: object) => (sample.reply(fields as never) as { readonly data: Json }).data;
    return [{ name: id as Derived, operation, sample: request, path, data }];
  });

/** Operations whose records are put through every fault. */
export const struckNames: ReadonlySet<string> = new Set([
  ...Object.values(written).map(({ name }) => name),
  ...derived.map(({ operation }) => operation.name),
]);

export const subjectNames: readonly StruckName[] = [
  ...(Object.keys(samples) as SubjectName[]),
  ...derived.map(({ name }) => name),
];

interface Options {
  readonly caller?: string;
  readonly key?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

let identities = 0;
/** An identity that no other world has: those of one file share one table. */
export const newIdentity = (prefix = "T"): string => `${prefix}-${++identities}`;

/** A request as its operation's own schema reads it. */
export function subject(name: StruckName, n: string, { caller = "shop", key, more }: Options = {}): Subject {
  const other = derived.find((each) => each.name === name);
  const operation = other?.operation ?? written[name];
  if (!operation) throw new Error(`there is no ${name}`);
  const request = other?.sample ?? samples[name as SubjectName];
  const given = { ...request(n), ...more };
  const input = v.parse(operation.input, given) as Record<string, unknown>;
  const { identity, provider } = operation;
  const id = key ?? n;
  const route = operation.name.slice(operation.name.indexOf("/") + 1);
  const record = recordId(
    provider.name,
    "main",
    identity === "idempotency-key"
      ? { namespace: "idempotency-key", id, caller, operation: route }
      : { namespace: identity.namespace, id: identity.of(input), number: identity.number?.(input) ?? 1 },
  );
  const { mpin: _mpin, description: _description, ...effect } = given as Record<string, unknown>;
  const sameness = JSON.stringify([name, operation.sameBy ? effect : given]);
  return {
    name,
    operation,
    input,
    given,
    key: identity === "idempotency-key" ? id : undefined,
    caller,
    record,
    sameness,
  };
}
