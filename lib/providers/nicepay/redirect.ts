/** The machine itself, where the sandbox is: nobody on the way reads or changes what goes there. */
const ownMachine = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Whether a user's browser may be sent there: a web address as every browser and library reads it. HTTPS, or HTTP to the machine itself;
 * a host; no name or password before it, which would make another host look like one that is known; no blank, backslash or character that
 * is not seen.
 */
export function isWebAddress(text: string): boolean {
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined || authority.includes("@") || /[\s\\\p{C}]/u.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || ownMachine.includes(url.hostname));
}
