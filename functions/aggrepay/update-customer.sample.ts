import * as v from "valibot";
import { done } from "../shapes.sample.ts";
import { type AggrepaySample, always, customer, customerFields, email, mobile } from "./common.sample.ts";

export const sample = {
  full: always(
    {
      ...customer,
      firstName: "Zoë",
      lastName: "D'Souza",
      emailAddress: email,
      dateOfBirth: "1999-12-31",
      addressLine1: "12/3, 4th Cross",
      addressLine2: "Near the lake",
      city: "Bengaluru",
      pincode: "560001",
      description: "moved = yes & no",
    },
    {
      ...customerFields,
      first_name: "Zoë",
      last_name: "D'Souza",
      email_address: email,
      date_of_birth: "1999-12-31",
      address_line_1: "12/3, 4th Cross",
      address_line_2: "Near the lake",
      city: "Bengaluru",
      pincode: "560001",
      description: "moved = yes & no",
    },
  ),
  least: always({ mobileNumber: mobile, city: "Pune" }, { mobile_number: mobile, city: "Pune" }),
  other: () => ({ ...customer, city: "Pune" }),
  reply: () => ({ data: { updated: "true" } }),
  result: v.strictObject({ updated: done("True: the provider updated the customer") }),
  answer: () => ({ result: { updated: true } }),
} satisfies AggrepaySample;
