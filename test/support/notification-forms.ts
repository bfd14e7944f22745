import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { asForm, asJson, type Notification, types } from "./account-bindings.ts";

/** A body as it is posted, and what its headers say of it. */
export interface Sent {
  readonly body: string | Uint8Array;
  readonly type?: string;
  readonly coding?: string;
}

export const headersOf = ({ type, coding }: Sent): Record<string, string> => ({
  ...(type !== undefined && { "content-type": type }),
  ...(coding !== undefined && { "content-encoding": coding }),
});

export const json = (body: string | Uint8Array, coding?: string): Sent => ({
  body,
  type: types.json,
  ...(coding !== undefined && { coding }),
});
export const form = (body: string | Uint8Array, coding?: string): Sent => ({
  ...json(body, coding),
  type: types.form,
});

/** Pairs as they are, but for what would end them. */
export const raw = (fields: Notification): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${value.replaceAll("&", "%26")}`)
    .join("&");

export type Form = readonly [what: string, sent: (fields: Notification) => Sent];

const withMember = (fields: Notification, member: string): string =>
  `${asJson(fields).slice(0, -1)},${member}}`;
const without = ({ billingNm: _, ...fields }: Notification): Notification => fields;
const swapped = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();
const multipart = (fields: Notification, end: string): string =>
  Object.entries(fields)
    .map(([name, value]) => `--b${end}content-disposition: form-data; name=${name}${end}${end}${value}${end}`)
    .join("");

/** Ways to write a notification that leave no doubt about any field that a binding needs. */
export const certainForms: readonly Form[] = [
  ["no billingNm", (fields) => json(asJson(without(fields)))],
  ["an empty billingNm", (fields) => form(asForm({ ...fields, billingNm: "" }))],
  ["billingNm null", (fields) => json(withMember(without(fields), '"billingNm":null'))],
  ["billingNm an object", (fields) => json(withMember(without(fields), '"billingNm":{"first":"B"}'))],
  ["billingNm twice", (fields) => json(withMember(fields, '"billingNm":"another"'))],
  ["a raw tab in a member nobody needs", (fields) => json(withMember(fields, '"x":"a\tb"'))],
  [
    "a bad escape in a member nobody needs",
    (fields) => json(withMember(fields, '"x":"\\x41\\u12\\"'.concat('"'))),
  ],
  ["half a surrogate in billingNm", (fields) => json(withMember(without(fields), '"billingNm":"\\ud800"'))],
  [
    "quotation marks that are not escaped in billingNm",
    (fields) => json(withMember(without(fields), '"billingNm":"a "b" c"')),
  ],
  ["a comma too many at the end", (fields) => json(`${asJson(fields).slice(0, -1)},}`)],
  [
    "commas too many in front and within",
    (fields) => json(`{,${asJson(fields).slice(1).replace(",", ",,")}`),
  ],
  ["its last brace missing", (fields) => json(asJson(fields).slice(0, -1))],
  ["something after it", (fields) => json(`${asJson(fields)};\n`)],
  ["something in front of it", (fields) => json(`)]}',\n${asJson(fields)}`)],
  ["a call around it", (fields) => ({ body: `callback(${asJson(fields)})`, type: "text/javascript" })],
  ["names without quotes", (fields) => json(asJson(fields).replaceAll(/"(\w+)":/g, "$1:"))],
  [
    "single quotes",
    (fields) =>
      json(
        `{${Object.entries(fields)
          .map(([name, value]) => `'${name}': '${value}'`)
          .join(", ")}, 'x': None}`,
      ),
  ],
  [
    "every member twice with one value",
    (fields) => json(`${asJson(fields).slice(0, -1)},${asJson(fields).slice(1)}`),
  ],
  ["every field twice with one value", (fields) => form(`${asForm(fields)}&${asForm(fields)}`)],
  ["it twice, one after the other", (fields) => json(asJson(fields).repeat(2))],
  [
    "an empty member beside the one that says something",
    (fields) => json(withMember(fields, '"userToken":"","tXid":[],"clientUserKey":null')),
  ],
  ["a label of utf-8 as a coding", (fields) => json(asJson(fields), "utf-8")],
  ["a label of none as a coding", (fields) => form(asForm(fields), "none")],
  ["a label of a coding that nobody knows", (fields) => json(asJson(fields), "zstd, UTF8")],
  ["a label of gzip over what is plain", (fields) => json(asJson(fields), "gzip")],
  ["a label of br over what is plain", (fields) => form(asForm(fields), "br")],
  ["a label of deflate over what is plain", (fields) => json(asJson(fields), "deflate")],
  ["gzip", (fields) => json(gzipSync(asJson(fields)), "gzip")],
  ["x-gzip, in capitals", (fields) => form(gzipSync(asForm(fields)), "X-GZIP")],
  ["gzip without its label", (fields) => json(gzipSync(asJson(fields)))],
  ["gzip with deflate's label", (fields) => json(gzipSync(asJson(fields)), "deflate")],
  ["gzip of gzip, with one label", (fields) => json(gzipSync(gzipSync(asJson(fields))), "gzip")],
  ["deflate", (fields) => json(deflateSync(asJson(fields)), "deflate")],
  ["deflate without its wrapping", (fields) => form(deflateRawSync(asForm(fields)), "deflate")],
  ["deflate without its label", (fields) => form(deflateSync(asForm(fields)))],
  ["br", (fields) => json(brotliCompressSync(asJson(fields)), "identity, br")],
  ["a list of one", (fields) => json(`[${asJson(fields)}]`)],
  ["a list of it and of others", (fields) => json(`[null,{"a":1},${asJson(fields)}]`)],
  ["under data", (fields) => json(`{"data":${asJson(fields)}}`)],
  ["under body of a list", (fields) => json(`[{"event":{"body":${asJson(fields)}}}]`)],
  [
    "its token outside, the rest within",
    ({ merchantToken, ...fields }) => json(JSON.stringify({ merchantToken, data: fields })),
  ],
  ["a string of JSON", (fields) => json(JSON.stringify(asJson(fields)))],
  ["a string of JSON under data", (fields) => json(JSON.stringify({ code: 1, data: asJson(fields) }))],
  ["a string of a form", (fields) => json(JSON.stringify(asForm(fields)))],
  ["JSON in a field of a form", (fields) => form(asForm({ data: asJson(fields) }))],
  ["JSON as a form's only name", (fields) => form(encodeURIComponent(asJson(fields)))],
  ["JSON in a field of a form, raw", (fields) => form(`json=${asJson(fields)}`)],
  ["a form in base64", (fields) => form(Buffer.from(asForm(fields)).toString("base64"))],
  ["a semicolon between fields", (fields) => form(asForm(fields).replaceAll("&", ";"))],
  ["a semicolon between some fields", (fields) => form(asForm(fields).replace("&iMid", ";iMid"))],
  [
    "a line for each field",
    (fields) => ({ body: `${raw(fields).replaceAll("&", "\r\n")}\r\n`, type: "text/plain" }),
  ],
  ["a line's end after a form", (fields) => form(`${asForm(fields)}\r\n`)],
  [
    "names as PHP nests them",
    (fields) =>
      form(
        asForm(Object.fromEntries(Object.entries(fields).map(([name, value]) => [`data[${name}]`, value]))),
      ),
  ],
  [
    "multipart without its boundary",
    (fields) => ({ body: `${multipart(fields, "\r\n")}--b--\r\n`, type: "multipart/form-data" }),
  ],
  [
    "multipart with bare line ends, labelled as a form",
    (fields) => form(`${multipart(fields, "\n")}--b--\n`),
  ],
  ["UTF-16 with its mark", (fields) => json(Buffer.from(`\ufeff${asJson(fields)}`, "utf16le"))],
  ["UTF-16, big-endian, with its mark", (fields) => form(swapped(`\ufeff${asForm(fields)}`))],
  ["UTF-16 without its mark", (fields) => form(Buffer.from(asForm(fields), "utf16le"))],
  ["UTF-16, big-endian, without its mark", (fields) => json(swapped(asJson(fields)))],
  ["two byte order marks", (fields) => json(`\ufeff\ufeff${asJson(fields)}`)],
  [
    "its signature in capitals",
    ({ merchantToken = "", ...fields }) =>
      json(asJson({ ...fields, merchantToken: merchantToken.toUpperCase() })),
  ],
  [
    "blanks around its signature",
    ({ merchantToken, ...fields }) => form(asForm({ ...fields, merchantToken: ` ${merchantToken}\r\n` })),
  ],
  [
    "blanks around all that is signed",
    (fields) =>
      json(
        asJson({
          ...fields,
          ...Object.fromEntries(
            ["iMid", "referenceNo", "billingPhone"].map((name) => [name, ` ${fields[name]}\t`]),
          ),
        }).replaceAll("\\t", " "),
      ),
  ],
  [
    "30,000 bytes more in a member nobody needs",
    (fields) => json(withMember(fields, `"x":"${"y".repeat(30_000)}"`)),
  ],
  ["a million bytes more in a form", (fields) => form(`x=${"y".repeat(1_000_000)}&${asForm(fields)}`)],
];

/** Ways to write it that leave a field in doubt, and what a stray says of that. */
export const uncertainForms: readonly (readonly [...Form, why: string])[] = [
  ["no userToken", ({ userToken: _, ...fields }) => json(asJson(fields)), "userToken: missing"],
  ["an empty userToken", (fields) => form(asForm({ ...fields, userToken: "" })), "userToken: missing"],
  ["userToken null", (fields) => json(JSON.stringify({ ...fields, userToken: null })), "userToken: missing"],
  [
    "userToken a list",
    (fields) => json(JSON.stringify({ ...fields, userToken: ["x"] })),
    "userToken: no text",
  ],
  ["userToken true", (fields) => json(JSON.stringify({ ...fields, userToken: true })), "userToken: no text"],
  [
    "userToken broken off",
    ({ userToken = "", ...fields }) =>
      json(`${asJson(fields).slice(0, -1)},"userToken":"${userToken.slice(0, 9)}`),
    "userToken: no text",
  ],
  [
    "a quotation mark in userToken that is not escaped",
    (fields) => json(JSON.stringify({ ...fields, userToken: "a!b" }).replace("!", '"')),
    "userToken: no text",
  ],
  [
    "userToken as a number that breaks off",
    ({ userToken: _, ...fields }) => json(`${asJson(fields).slice(0, -1)},"userToken":123`),
    "userToken: can be read in more than one way",
  ],
  [
    "userToken as a number with an exponent",
    ({ userToken: _, ...fields }) =>
      json(`${asJson(fields).slice(0, -1)},"userToken":1.2345678901234568e+23}`),
    "userToken: can be read in more than one way",
  ],
  [
    "a bad escape in userToken",
    (fields) => json(JSON.stringify({ ...fields, userToken: "a!b" }).replace("!", "\\x")),
    "userToken: can be read in more than one way",
  ],
  [
    "a raw tab in userToken",
    (fields) => json(JSON.stringify({ ...fields, userToken: "a!b" }).replace("!", "\t")),
    "userToken: can be read in more than one way",
  ],
  [
    "half a surrogate in userToken",
    (fields) => json(JSON.stringify({ ...fields, userToken: "a!b" }).replace("!", "\\udc00")),
    "userToken: can be read in more than one way",
  ],
  [
    "two userTokens",
    (fields) => json(withMember(fields, '"userToken":"another"')),
    "userToken: given twice with different values",
  ],
  [
    "two userTokens in a form",
    (fields) => form(`${asForm(fields)}&userToken=another`),
    "userToken: given twice with different values",
  ],
  [
    "two referenceNos",
    (fields) => form(`referenceNo=another&${asForm(fields)}`),
    "referenceNo: given twice with different values",
  ],
  [
    "two signatures",
    (fields) => json(withMember(fields, '"merchantToken":"00"')),
    "merchantToken: given twice with different values",
  ],
  ["no clientUserKey", ({ clientUserKey: _, ...fields }) => form(asForm(fields)), "clientUserKey: missing"],
  [
    "clientUserKey null",
    (fields) => json(JSON.stringify({ ...fields, clientUserKey: null })),
    "clientUserKey: missing",
  ],
  ["an empty mitraCd", (fields) => json(asJson({ ...fields, mitraCd: "" })), "mitraCd: missing"],
  [
    "mitraCd an empty list, as PHP writes null",
    (fields) => json(JSON.stringify({ ...fields, mitraCd: [] })),
    "mitraCd: missing",
  ],
  [
    "a tXid that is an object",
    (fields) => json(JSON.stringify({ ...fields, tXid: { id: "x" } })),
    "tXid: no text",
  ],
  [
    "a plus in userToken as it is, the rest escaped",
    (fields) => form(asForm({ ...fields, userToken: "tok!en" }).replace("tok%21en", "tok+en")),
    "userToken: can be read in more than one way",
  ],
  [
    "a plus in userToken as it is, the phone's as it is, another escaped",
    (fields) =>
      form(
        asForm({ ...fields, x: "+", userToken: "tok!en" })
          .replace("tok%21en", "tok+en")
          .replace("billingPhone=%2B", "billingPhone=+"),
      ),
    "userToken: can be read in more than one way",
  ],
  [
    "a plus in tXid as it is",
    (fields) => form(`${asForm(fields)}&tXid=T+1`),
    "tXid: can be read in more than one way",
  ],
  [
    "JSON in a form, its plus as it is",
    (fields) =>
      form(
        asForm({ data: asJson({ ...fields, billingNm: "B", userToken: "tok!en" }) })
          .replace("tok%21en", "tok+en")
          .replace("%2B", "%5Cu002b"),
      ),
    "userToken: can be read in more than one way",
  ],
];
