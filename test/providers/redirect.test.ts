import { expect, test } from "vitest";
import { operation as registerBinding } from "../../functions/nicepay/register-account-binding.ts";
import { Reader } from "../../lib/providers/reader.ts";
import { decodeJson } from "../../lib/signing/index.ts";

const reader = (value: unknown) => new Reader(decodeJson(JSON.stringify(value)), "", "+07:00");

const input = {
  referenceNo: "link-1",
  mitraCd: "KDVI",
  billingPhone: "+6282112345678",
  clientUserKey: "u-1",
};
const registered = (more: object) =>
  registerBinding.returns(
    reader({ redirectUrlHttp: "https://n.example/login", ...more }),
    input as never,
    {} as never,
  );

test.each([
  ...[
    "file:///etc/passwd",
    "intent://x#Intent;scheme=https;end",
    "javascript:alert(1)",
    "javascript://x/%0aalert(1)",
  ],
  ...["data:text/html,x", "kredivo://login", "ftp://n.example/", "//n.example/", "/login", "n.example/login"],
  ...[
    "https://user:pw@n.example/",
    "https://user@n.example/",
    "https://@n.example/",
    "https://n.example\\@evil.example/",
  ],
  ...[
    "https://",
    "https:///n.example/",
    "https:n.example/",
    "java\tscript:alert(1)",
    "https://n.example/\u202egnp.exe",
  ],
  ...[
    "https://n.example/a b",
    "http://n.example/",
    "http://127.0.0.1.evil.example/",
    "http://localhost@evil.example/",
  ],
  ...[
    "https://[::1/",
    "view-source:https://n.example/",
    "blob:https://n.example/1",
    "https://n.example:99999/",
  ],
])("%j is no address to send a user to", (redirectUrlHttp) => {
  expect(() => registered({ redirectUrlHttp })).toThrow("/redirectUrlHttp is not a web address");
});

test.each([
  ...["https://n.example/login?tk=1", "HTTPS://N.example", "https://n.example:8443/a?u=a@b#c@d"],
  ...["http://127.0.0.1:3001/sandbox/login?tk=1", "http://localhost:3001/", "http://[::1]:3001/"],
])("%j is one", (redirectUrlHttp) => {
  expect(registered({ redirectUrlHttp })).toMatchObject({ redirectUrlHttp });
});
