import * as v from "valibot";
import { id } from "../shapes.sample.ts";
import {
  type AggrepaySample,
  aggrepayErrors,
  byName,
  keyedBy,
  shopOf,
  subMerchant,
  subMerchantFields,
} from "./common.sample.ts";

export const sample = {
  notes: [
    "Of one `name` one request at a time is carried out, since the provider tells sub merchants apart by name alone; another is answered `in-progress` meanwhile.",
  ],
  fields: {
    mobileNumber: "The sub merchant's mobile number in India",
    email: "The sub merchant's e-mail address",
  },
  full: keyedBy(shopOf, byName, subMerchant, subMerchantFields),
  least: keyedBy(shopOf, byName, subMerchant, subMerchantFields),
  other: (id) => ({ ...subMerchant, name: shopOf(id), accountNumber: "00112233445567" }),
  before: { getsubmerchants: aggrepayErrors.noSubMerchants },
  reply: () => ({ data: { sub_merchant_id: 1 } }),
  result: v.strictObject({ subMerchantId: id("The id that the provider gave the sub merchant") }),
  answer: () => ({ result: { subMerchantId: "1" } }),
} satisfies AggrepaySample;
