import { isRefusedUnseen, withoutClause } from "./guards.ts";
import type { Plan } from "./points.ts";
import { afterQuiet, debitOf, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import { newIdentity, type Subject, subject } from "./subjects.ts";
import type { Without, World } from "./world.ts";

/** A withdrawal writes off what was claimed, and leaves nothing where the claim has not arrived. */
export const leavesNoMark: Without = {
  command: (name, input) =>
    name === "withdraw"
      ? { ...input, ConditionExpression: `(${input.ConditionExpression}) AND #owner = :owner` }
      : input,
};

/** The claim is on its way for longer than its process waits, and arrives when all is over; then its caller comes again. */
const lateClaim = (
  schedule: string,
  subjectOf: (world: World) => Promise<Subject> | Subject,
  claim: "claim" | "claimAgain" = "claim",
): Schedule => ({
  rule: "a claim that arrives after its withdrawal begins nothing",
  schedule,
  async run(world) {
    const own = await subjectOf(world);
    const first = await until(world.call(own, { at: claim, fault: "late" }));
    await world.catchUp();
    const early = [...expectTold(first, "not-sent"), ...expectState(world, own, "not_sent")];
    await afterQuiet(world);
    const second = await until(world.call(own));
    return [...early, ...expectTold(second, "200"), ...expectState(world, own, "succeeded")];
  },
  guards: [{ name: "withdraw: it leaves a mark", without: leavesNoMark }],
});

/** The subject after an attempt that came to nothing. */
const after =
  (own: () => Subject, struck: (world: World) => Plan | undefined) =>
  async (world: World): Promise<Subject> => {
    const request = own();
    await until(world.call(request, struck(world)));
    return request;
  };

const reversalAfter = (refusals: number) => async (world: World) => {
  const id = newIdentity();
  await until(world.call(debitOf(id)));
  for (let number = 1; number <= refusals; number++) {
    world.provider.treatments.push({ acts: "no", replies: "refusal" });
    await until(world.call(subject("debitReversal", id)));
  }
  return refusals === 0 ? subject("debitReversal", id) : subject("laterReversal", id);
};

const otp = () => subject("customerOtp", newIdentity());

export const lateClaims: readonly Schedule[] = [
  lateClaim("a debit's first claim arrives late", () => debitOf()),
  lateClaim("an OTP's first claim arrives late, of which nothing can be asked", otp),
  lateClaim(
    "an OTP could not be sent, and the claim of its next attempt arrives late",
    after(otp, () => ({ at: "connect customerotp", fault: "request lost" })),
    "claimAgain",
  ),
  lateClaim(
    "a debit was refused before it was looked at, and the claim of its next attempt arrives late",
    after(debitOf, (world) => {
      world.provider.treatments.push(isRefusedUnseen);
      return undefined;
    }),
    "claimAgain",
  ),
  lateClaim(
    "a debit's claim was withdrawn before it arrived, and so is the next one's",
    after(debitOf, () => ({ at: "claim", fault: "request lost" })),
    "claimAgain",
  ),
  lateClaim("a registration's claim arrives late, with its place", () =>
    subject("registerCustomer", newIdentity()),
  ),
  lateClaim("a credit's claim arrives late, with its payment's place", () =>
    subject("creditWallet", newIdentity()),
  ),
  lateClaim("a reversal's claim arrives late", reversalAfter(0)),
  lateClaim("the claim of a reversal's second number arrives late, with its anchor", reversalAfter(1)),
  {
    rule: "a withdrawal makes no attempt of what another has claimed",
    schedule:
      "the claim of a second attempt is lost on its way and its process freezes; another makes that attempt and dies; the first withdraws; the caller comes again",
    async run(world) {
      const debit = debitOf();
      await until(world.call(debit, { at: "connect debitwallet", fault: "request lost" }));
      const plan = [
        { at: "claimAgain", fault: "request lost" },
        { at: "withdraw", fault: "frozen before" },
      ] as const;
      await until(world.call(debit, plan));
      await until(world.call(debit, { at: "settle", fault: "crash before" }));
      await world.catchUp();
      await until(world.call(debit));
      await afterQuiet(world);
      return expectState(world, debit, "succeeded");
    },
    guards: [
      {
        name: "withdraw: attempt as seen",
        without: withoutClause("withdraw", "attempt"),
        twin: "withdraw: state as seen",
      },
      {
        name: "withdraw: state as seen",
        without: withoutClause("withdraw", "state"),
        twin: "withdraw: attempt as seen",
      },
      { name: "withdraw: attempt and state as seen", without: withoutClause("withdraw", "attempt", "state") },
    ],
  },
];
