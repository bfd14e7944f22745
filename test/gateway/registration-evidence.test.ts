import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Answer, fresh, startAggrepayGateway } from "../support/aggrepay-gateway.ts";
import { refusal, reset, signed, type Value } from "../support/peer.ts";
import { started } from "../support/started.ts";

/**
 * A registration whose reply was lost, and a customer whom the provider then shows under its mobile number: it is our
 * registration where all that is shown is what was sent, and a person's to judge where anything differs.
 */
const leaseMs = 4_900;
const times = { PROVIDER_TIMEOUT_MS: "700", FUNCTION_TIMEOUT_MS: "4800", LEASE_MS: String(leaseMs) };

const { gateway } = started({ gateway: () => startAggrepayGateway({ ...times, QUIET_PERIOD_MS: "100" }) });

const sent = {
  firstName: "Zoë Ann",
  lastName: "Planted-Rao",
  dateOfBirth: "1999-12-31",
  otp: "123456",
  mpin: "1234",
};
const shown = { first_name: "Zoë Ann", last_name: "Planted-Rao", date_of_birth: "1999-12-31" };
let numbers = 9_800_200_000;

interface Case {
  readonly what: string;
  readonly input?: object;
  readonly shows: object;
  /** The fields that differ; none where it is our registration. */
  readonly differsIn: string;
}

const same: readonly Case[] = [
  { what: "all of it", shows: shown, differsIn: "" },
  { what: "the number alone", shows: {}, differsIn: "" },
  { what: "no more than null and empty texts", shows: { first_name: null, last_name: "" }, differsIn: "" },
  { what: "blanks around a name", shows: { ...shown, last_name: " Planted-Rao " }, differsIn: "" },
  { what: "an accent in two characters", shows: { ...shown, first_name: "Zoe\u0308 Ann" }, differsIn: "" },
  { what: "a date with a time", shows: { date_of_birth: "1999-12-31 00:00:00" }, differsIn: "" },
  { what: "a date of another order", shows: { date_of_birth: "31/12/1999" }, differsIn: "" },
  {
    what: "midnight in India in UTC",
    shows: { date_of_birth: "1999-12-30T18:30:00.000000Z" },
    differsIn: "",
  },
  {
    what: "a date of birth and an e-mail address that were not sent",
    input: { dateOfBirth: undefined },
    shows: { ...shown, date_of_birth: "1970-01-01", email_address: "somebody@example.com" },
    differsIn: "",
  },
];
const others: readonly Case[] = [
  { what: "another last name", shows: { ...shown, last_name: "Iyer" }, differsIn: "lastName" },
  { what: "another first name", shows: { ...shown, first_name: "Zoe Ann" }, differsIn: "firstName" },
  { what: "names in other letters", shows: { ...shown, first_name: "ZOË ANN" }, differsIn: "firstName" },
  { what: "another day", shows: { ...shown, date_of_birth: "1999-12-30" }, differsIn: "dateOfBirth" },
  {
    what: "somebody else altogether",
    shows: { first_name: "Ravi", last_name: "Iyer", date_of_birth: "2001-01-01" },
    differsIn: "firstName, lastName, dateOfBirth",
  },
  { what: "nothing but another last name", shows: { last_name: 70077 }, differsIn: "lastName" },
];
const unreadable: readonly Case[] = [
  { what: "a name that is no text", shows: { ...shown, last_name: { text: "Planted-Rao" } }, differsIn: "" },
  { what: "a list for a date", shows: { ...shown, date_of_birth: [1999, 12, 31] }, differsIn: "" },
];

interface Lost extends Case {
  readonly mobileNumber: string;
  readonly repeat: () => Promise<Answer>;
}

async function lost(cases: readonly Case[]): Promise<readonly Lost[]> {
  gateway.peer.script({
    fetchcustomerdetail: refusal("INVALID-PARAMS", "The selected mobile number is invalid."),
    registercustomer: reset,
  });
  const all: Lost[] = [];
  for (const each of cases) {
    const mobileNumber = `+91${numbers++}`;
    const key = fresh();
    const repeat = () => gateway.call("register-customer", { ...sent, mobileNumber, ...each.input }, { key });
    expect((await repeat()).status).toBe(504);
    all.push({ ...each, mobileNumber, repeat });
  }
  return all;
}

/** The repeat, which asks the provider. */
async function learned({ mobileNumber, shows, repeat }: Lost): Promise<Answer> {
  const data = { customer_id: "487420489", mobile_number: mobileNumber, ...shows } as Value;
  gateway.peer.script({ fetchcustomerdetail: signed(data) });
  return repeat();
}

describe("a customer is shown under the number of a registration whose reply was lost", () => {
  test("what is shown is what was sent: it is our registration", async () => {
    for (const each of await lost(same)) {
      const answer = await learned(each);
      expect([each.what, answer.status, answer.body.result]).toEqual([
        each.what,
        200,
        { customerId: "487420489" },
      ]);
    }
  }, 30_000);

  test("what differs is a person's, who is told the fields and no value", async () => {
    const all = await lost(others);
    await sleep(leaseMs + 200);
    for (const each of all) {
      const answer = await learned(each);
      const record = await gateway.recordOf(answer);
      expect([each.what, answer.status, record.state?.S, record.waits?.S]).toEqual([
        each.what,
        504,
        "needs_attention",
        "person",
      ]);
      const sentence = `The provider shows a customer of this mobile number that differs in ${each.differsIn} from what was sent.`;
      expect(answer.body.detail).toContain(sentence);
      expect(record.lastInquiry?.S).toContain(sentence);
      for (const value of Object.values(each.shows)) expect(answer.text).not.toContain(`${value}`);
    }
  }, 30_000);

  test("what cannot be read proves nothing", async () => {
    const all = await lost(unreadable);
    await sleep(leaseMs + 200);
    for (const each of all) {
      const answer = await learned(each);
      expect([each.what, answer.status]).toEqual([each.what, 504]);
      expect((await gateway.recordOf(answer)).state?.S).toBe("in_doubt");
    }
  }, 30_000);

  test("the record holds the number to ask with, and of the rest keyed hashes, each its own", async () => {
    const [one, other] = await lost([
      { what: "", shows: shown, differsIn: "" },
      { what: "", shows: shown, differsIn: "" },
    ]);
    const factsOf = async (each: Lost | undefined) => {
      const item = each && (await gateway.recordOf(await learned({ ...each, shows: { last_name: "Iyer" } })));
      expect(JSON.stringify(item)).not.toMatch(/planted-rao|zoë|1999-12-31|123456/i);
      return JSON.parse(item?.facts?.S ?? "{}") as Readonly<Record<string, string>>;
    };
    const [first, second] = [await factsOf(one), await factsOf(other)];
    const hash = expect.stringMatching(/^hmac:generated\.[\w-]{43}$/) as string;
    expect(first).toEqual({
      mobileNumber: one?.mobileNumber,
      firstName: hash,
      lastName: hash,
      dateOfBirth: hash,
    });
    for (const field of ["firstName", "lastName", "dateOfBirth"])
      expect(first[field]).not.toBe(second[field]);
  }, 30_000);

  test("before the first attempt the number alone decides: it is taken, whoever has it", async () => {
    const mobileNumber = `+91${numbers++}`;
    const data = { customer_id: "487420489", mobile_number: mobileNumber, last_name: "Iyer" };
    gateway.peer.script({ fetchcustomerdetail: signed(data) });
    const answer = await gateway.call("register-customer", { ...sent, mobileNumber }, { key: fresh() });
    expect([answer.status, answer.body.code]).toEqual([409, "already-done"]);
  });
});

describe("an update whose reply was lost", () => {
  test("is compared by keyed hashes too; its record holds no text of it", async () => {
    gateway.peer.script({ updatecustomer: reset });
    const key = fresh();
    const input = { customerId: "546693304", city: "Planted-Pune", emailAddress: "Asha@Example.com" };
    const answer = await gateway.call("update-customer", input, { key });
    const item = await gateway.recordOf(answer);
    expect(JSON.parse(item.facts?.S ?? "{}")).toEqual({
      customerId: "546693304",
      city: expect.stringMatching(/^hmac:generated\./) as string,
      emailAddress: expect.stringMatching(/^hmac:generated\./) as string,
    });
    expect(JSON.stringify(item)).not.toMatch(/planted-pune|asha/i);
    const data = { customer_id: "546693304", city: "Planted-Pune", email_address: "asha@example.com" };
    gateway.peer.script({ fetchcustomerdetail: signed(data) });
    expect((await gateway.call("update-customer", input, { key })).body.result).toEqual({ updated: true });
  });
});
