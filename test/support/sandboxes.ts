import type { Gateway } from "./gateway.ts";

/** The addresses of the sandboxes by the provider's name, as the gateway has printed them. */
export const sandboxesOf = (gateway: Gateway): ReadonlyMap<string, string> =>
  new Map(
    [...gateway.logs().matchAll(/^ {2}(\S+) +(http:\S+) +sandbox$/gm)].map(([, name = "", url = ""]) => [
      name,
      url,
    ]),
  );
