import { describe, expect, test } from "vitest";
import { findingsIn, isUnknown } from "../../lib/providers/aggrepay/validation.ts";
import { operations } from "../support/aggrepay-operations.ts";

const sent = [...new Set(operations.flatMap(({ full }) => Object.keys(full("id").sends)))];
const inWords = (field: string) => field.replaceAll("_", " ");
const capitals = (field: string) => inWords(field).replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
const camel = (field: string) => field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const says = (message: string): string =>
  findingsIn(message)
    .map(({ finds }) => finds)
    .join();

describe("a validator's text is known by its sentences", () => {
  test.each(sent)("about %s, however its name is written", (field) => {
    for (const name of [field, inWords(field), capitals(field), camel(field)]) {
      const unread = `"${name}" is not read: lib/providers/aggrepay/validation.ts has the words that fields end with`;
      expect(findingsIn(`The ${name} field is required.`), unread).toEqual([
        { field: inWords(field), finds: "malformed" },
      ]);
      expect(says(`The selected ${name} is invalid.`), unread).toEqual("unknown");
      expect(says(`The ${name} has already been taken.`), unread).toEqual("taken");
    }
  });

  test.each([
    "The mpin is required",
    "The mpin field is required when customer id is present.",
    "The customer id field is required when mobile number / email is not present.",
    "The mobile number field contains an invalid number.",
    "The date of birth does not match the format Y-m-d.",
    "The date of birth is not a valid date.",
    "The date_of_birth must be a date before today.",
    "The amount must be a number.",
    "The amount field must be at least 1.00.",
    "The amount must be greater than 0",
    "The amount must be between 1 and 10000.",
    "The amount may not be greater than 100000.",
    "The amount must not exceed 5000",
    "The amount field must have 0-2 decimal places.",
    "The amount format is invalid.",
    "The mpin field format is invalid.",
    "The mpin must be 4 digits.",
    "The mobile number should be of 10 digits",
    "The amount must not be negative.",
    "The new mpin and old mpin must be different.",
    "The new mpin confirmation does not match.",
    "The otp may not be greater than 6 characters.",
    "The otp must only contain letters and numbers.",
    "The merchant_transaction_id may only contain letters, numbers, dashes and underscores.",
    "The email must be a valid email address.",
    "The description should be a string",
    "The otp should match the one that was sent",
    "The description must not be greater than 255 characters.",
    "The pincode cannot be empty",
    "The customer active field must be true or false.",
    'The "mpin" field has an invalid format.',
    "mobile_number is invalid",
    "The given data was invalid.",
    "The mpin field is required. (and 2 more errors)",
    "Validation failed: the mpin field is required",
  ])("malformed: %s", (message) => {
    expect(says(message)).toBe("malformed");
  });

  test.each([
    ["The mpin field is required. The otp field is required.", "malformed,malformed"],
    ["The mpin field is required., The city must be a string.", "malformed,malformed"],
    ["The mpin field is required.\nThe selected customer id is invalid.", "malformed,unknown"],
    ["Validation: the merchant transaction id has already been taken. Choose another.", "taken"],
  ])("several sentences: %j", (message, found) => {
    expect(says(message)).toBe(found);
  });

  test.each([
    "Bank did not respond, transaction pending",
    "Transaction pending.",
    "Something that no document mentions",
    "",
    ".",
    "The transaction must be confirmed by the bank.",
    "The transaction is invalid or pending.",
    "The amount must be refunded by the bank.",
    "The amount has been debited.",
    "The amount may be debited twice.",
    "The amount may not be debited.",
    "The amount is pending",
    "The amount was accepted.",
    "The amount must be greater than 0, transaction pending",
    "The amount must be a number and the payment is pending",
    "The amount must be a valid amount (debited)",
    "The merchant transaction id must be at least 5 characters timed out",
    "The mpin field is required; the bank did not respond",
    "The mpin field is required. Transaction is being processed.",
    "The selected bank did not respond, the status is invalid.",
    "The selected payment is invalid.",
    "The bank response was not found.",
    "Response not found",
    "The request has already been taken.",
    "The merchant transaction id has already been taken by a transaction that is pending.",
    "A validation of the amount field is required by the bank and pending.",
    `The mpin field is required${" ".repeat(500)}.`,
  ])("anything else proves nothing: %j", (message) => {
    expect(findingsIn(message)).toEqual([]);
  });
});

describe("that a value is not known", () => {
  test.each([
    "The selected mobile number is invalid.",
    "The selected mobile_number is invalid!",
    "the  selected\u00a0Mobile Number is  INVALID . ",
    "The selected mobileNumber is invalid",
    "The mobile number was not found.",
    "Mobile number not found",
    "The mobile_number could not be found!",
    "The mobile number field cannot be found",
    "The mobile number does not exist.",
  ])("%j", (message) => {
    expect(isUnknown("mobile number", message)).toBe(true);
  });

  test.each([
    "The selected mobile number is not valid.",
    "The selected number is invalid.",
    "mobile number is invalid",
    "The selected customer id is invalid.",
    "The selected to mobile number is invalid.",
    "The customer id was not found.",
    "The selected mobile number is invalid. The selected customer id is invalid.",
    "The selected mobile number is invalid or not verified.",
    "The selected mobile number could not be found in time, try again.",
    "The mobile number was found.",
    "The selected mobile number is invalid. (and 1 more error)",
    "The mobile number was not found (and 2 more errors).",
  ])("not by %j", (message) => {
    expect(isUnknown("mobile number", message)).toBe(false);
  });
});
