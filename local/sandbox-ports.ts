import { readFileSync } from "node:fs";
import { type JsonObject, objectOf, parseJson } from "./json.ts";
import { writeWhole } from "./write-whole.ts";

/**
 * Which port each sandbox had, for a data directory. A record names the host and port that its attempt was sent to, and its
 * doubt is only settled by asking there: a sandbox that moved could not be asked any more.
 */
export interface SandboxPorts {
  /** 0, any free one, for a sandbox that has none yet. */
  of(name: string): number;
  keep(ports: ReadonlyMap<string, number>): void;
}

export function sandboxPorts(path: string): SandboxPorts {
  const kept = read(path);
  return {
    of(name) {
      const port = kept[name];
      return typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
    },
    keep(ports) {
      const now = { ...kept, ...Object.fromEntries(ports) };
      if ([...ports].some(([name, port]) => kept[name] !== port))
        writeWhole(path, JSON.stringify(now, null, 2));
    },
  };
}

/** What is absent, or was spoilt by hand, is made anew. */
function read(path: string): JsonObject {
  try {
    return objectOf(parseJson(readFileSync(path, "utf8")));
  } catch {
    return {};
  }
}
