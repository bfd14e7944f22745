import { readings } from "../secrets/readings.ts";
import { Secret } from "../secrets/secret.ts";

/**
 * What stands in these fields of a JSON text, wherever they are in it. Shorter ones would be found by chance, and a reply with
 * more of them is no provider's: each takes time.
 */
export function inFields(...names: readonly string[]): (json: string | Uint8Array) => readonly Secret[] {
  const value = String.raw`"(?:${names.join("|")})"\s*:\s*"?((?<=")(?:\\.|[^"\\]){6,}|\d{6,})`;
  const fields = new RegExp(value, "gi");
  return (json) =>
    [...Buffer.from(json).toString().matchAll(fields)]
      .slice(0, 20)
      .flatMap(([, text = ""]) => readings(text).map((reading) => new Secret(reading)));
}
