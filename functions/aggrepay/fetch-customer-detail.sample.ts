import * as v from "valibot";
import { id, orNull, words } from "../shapes.sample.ts";
import { type AggrepaySample, always, customer, customerFields, email, mobile } from "./common.sample.ts";

export const sample = {
  full: always(customer, customerFields),
  least: always({ customerId: "546693304" }, { customer_id: "546693304" }),
  reply: () => ({
    data: {
      customer_id: "546693304",
      first_name: "Karmendra",
      last_name: "S",
      mobile_number: mobile,
      email_address: email,
      date_of_birth: null,
      address_line_1: null,
      address_line_2: null,
      city: "chennai",
      pincode: "123456",
      description: null,
    },
  }),
  result: v.strictObject({
    customerId: orNull(id("The provider's id of the customer")),
    firstName: orNull(words("First name")),
    lastName: orNull(words("Last name")),
    mobileNumber: orNull(words("Mobile number, as the provider keeps it")),
    emailAddress: orNull(words("E-mail address")),
    dateOfBirth: orNull(words("Date of birth, as the provider writes it")),
    addressLine1: orNull(words("First line of the address")),
    addressLine2: orNull(words("Second line of the address")),
    city: orNull(words("City")),
    pincode: orNull(words("Postal code")),
    description: orNull(words("The merchant's own text about the customer")),
  }),
  answer: () => ({
    result: {
      customerId: "546693304",
      firstName: "Karmendra",
      lastName: "S",
      mobileNumber: mobile,
      emailAddress: email,
      dateOfBirth: null,
      addressLine1: null,
      addressLine2: null,
      city: "chennai",
      pincode: "123456",
      description: null,
    },
  }),
} satisfies AggrepaySample;
