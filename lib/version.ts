/** The version in package.json, which the bundler writes in this name's place. */
declare const GATEWAY_VERSION: string | undefined;

/** The gateway's version; `source` where the sources run as they are, as in some tests. */
export const version: string = typeof GATEWAY_VERSION === "string" ? GATEWAY_VERSION : "source";
