import { actsSilently, isSilent, newestKeyAlone, withInquiry } from "./guards.ts";
import { afterQuiet, expectState, type Schedule, until } from "./schedule.ts";
import { newIdentity, type Subject, subject } from "./subjects.ts";
import { Process, times, type Without, type World } from "./world.ts";

/** Somebody who is no caller of ours registers the same number. */
function registeredElsewhere(world: World, { input }: Subject): void {
  const fields = { mobile_number: String(input.mobileNumber), first_name: "Ravi", last_name: "Iyer" };
  world.provider.seed("registercustomer", fields);
}

const comparesNothing: Without = withInquiry((inquiry) =>
  inquiry.compares ? { ...inquiry, compares: () => ({}) } : inquiry,
);

/** What is shown is compared with what was sent, by keyed hashes. */
export const evidenceSchedules: readonly Schedule[] = [
  {
    rule: "a customer of the same number is ours only where all that is shown was sent",
    schedule:
      "a number is free when it is looked for; our registration does not happen, and its reply is lost; somebody else registers the number",
    async run(world) {
      const register = subject("registerCustomer", newIdentity());
      world.provider.treatments.push(isSilent);
      await until(world.call(register));
      registeredElsewhere(world, register);
      await afterQuiet(world);
      return expectState(world, register, "needs_attention");
    },
    guards: [{ name: "what is shown is compared with what was sent", without: comparesNothing }],
  },
  {
    rule: "what was hashed under an older key is compared under it",
    schedule: "a registration's reply is lost; the gateway's key is rotated; the provider shows the customer",
    async run(world) {
      const register = subject("registerCustomer", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(register));
      world.rotate("gateway");
      await afterQuiet(world);
      return expectState(world, register, "succeeded");
    },
    guards: [{ name: "older fingerprint keys", without: newestKeyAlone }],
  },
  {
    rule: "a hash names its key, and a key that is not known yet is looked for",
    schedule:
      "a process has read the ring; the key is rotated, and a registration hashed under the new one; its reply is lost; that process asks",
    async run(world) {
      const early = new Process(world);
      const otp = subject("customerOtp", newIdentity());
      await until(world.call(otp, undefined, early));
      world.rotate("gateway");
      const register = subject("registerCustomer", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(register));
      world.advance(times.lease + times.minute);
      await until(world.reconciler(undefined, early));
      return expectState(world, register, "succeeded");
    },
    guards: [],
  },
];
