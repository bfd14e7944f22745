import { bytesOf, textOf, withoutMarks } from "./bytes.ts";
import { fromForm, fromMultipart } from "./form.ts";
import { fromJson } from "./json.ts";
import type { Member, Tier, Within } from "./member.ts";

/**
 * Everything that a body may mean, the likelier first. The body itself says what it is: JSON, as the document says; a form, as
 * the provider's other notifications are; or a multipart form. One of these may be in a coding, in UTF-16, in base64, in a
 * list, or a text within another. The signature tells which reading was meant, so no label decides and no form is refused.
 */
export function tiersOf(body: Uint8Array, contentEncoding: string | undefined): readonly Tier[] {
  return bytesOf(body, contentEncoding).flatMap((bytes) => within(bytes, 0));
}

/** Texts within texts within texts; and longer ones than these, and more, are not looked into. */
const deepest = 3;
const longest = 64 * 1024;
const most = 20;

function within(body: Buffer, depth: number): readonly Tier[] {
  const bytes = withoutMarks(body);
  const { text, isExact } = textOf(bytes);
  const isJson = /^\s*[[{"]/.test(text);
  const start = isJson ? 0 : text.search(/[[{]/);
  const json = start < 0 ? none : fromJson(text.slice(start), isExact);
  const form = isJson ? undefined : (fromMultipart(bytes) ?? fromForm(bytes));
  const asForm = form?.groups.map((group): Tier => [group]) ?? [];
  const found = [...(form?.texts ?? []), ...json.texts].filter((each) => each.text.length <= longest);
  const texts = depth < deepest ? found.slice(0, most) : [];
  return [
    ...asForm,
    ...json.tiers,
    ...texts.flatMap((each) => opened(within(Buffer.from(each.text), depth + 1), each)),
    ...(depth === 0 && isBase64.test(text) ? within(Buffer.from(text, "base64"), depth + 1) : []),
  ];
}

/** What was found within a text, of whose plus signs as much is known as of the text's. */
const opened = (tiers: readonly Tier[], { hasOpenPlus }: Within): readonly Tier[] =>
  hasOpenPlus
    ? tiers.map((groups) => groups.map((group) => group.map((members) => members.map(asOpen))))
    : tiers;

const asOpen = (member: Member): Member => ({
  ...member,
  hasOpenPlus: member.hasOpenPlus || /[ +]/.test(member.text ?? ""),
});

const none = { tiers: [], texts: [] };

const isBase64 = /^[\w+/\s-]{100,}={0,2}\s*$/;
