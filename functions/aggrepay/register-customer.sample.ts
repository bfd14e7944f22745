import * as v from "valibot";
import { id } from "../shapes.sample.ts";
import {
  type AggrepaySample,
  aggrepayErrors,
  byMobile,
  keyedBy,
  mobileOf,
  registration,
  registrationFields,
} from "./common.sample.ts";

export const sample = {
  notes: [
    "Of one mobile number one request at a time is carried out; another is answered `in-progress` meanwhile.",
  ],
  full: keyedBy(
    mobileOf,
    byMobile,
    { ...registration, dateOfBirth: "1988-02-29" },
    { ...registrationFields, date_of_birth: "1988-02-29" },
  ),
  least: keyedBy(mobileOf, byMobile, registration, registrationFields),
  other: (id) => ({ ...registration, mobileNumber: mobileOf(id), firstName: "Karmendra K" }),
  before: {
    fetchcustomerdetail: aggrepayErrors.notRegistered,
  },
  reply: () => ({ data: { customer_id: "784334610" } }),
  result: v.strictObject({ customerId: id("The id that the provider gave the customer") }),
  answer: () => ({ result: { customerId: "784334610" } }),
} satisfies AggrepaySample;
