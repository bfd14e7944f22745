import type { CallerRequest } from "../ops/smoke/identity.ts";

/** The call as curl, for a shell to repeat; who asks is left to be added. */
export function curlOf(
  url: URL,
  { method, path, body, contentType, headers }: Omit<CallerRequest, "signed">,
): string {
  const all = { ...(contentType && { "content-type": contentType }), ...headers };
  return [
    "curl -i",
    ...(method === "GET" || body !== undefined ? [] : [`-X ${method}`]),
    quoted(new URL(path, url).href),
    ...Object.entries(all).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d ${quoted(body)}`]),
  ].join(" ");
}

/** As one word of a POSIX shell. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
