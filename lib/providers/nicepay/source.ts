import { BlockList, isIP } from "node:net";
import { wrong } from "../../config.ts";

/**
 * Whether a notification's source is on the list: addresses and networks (`103.20.51.0/24`), separated by commas. Without a
 * list none is: what comes then is kept for a person, and binds nothing.
 * Source: the document asks merchants to accept the push from the provider's servers alone; its pages publish them.
 * @throws Problem `misconfigured` for a list that cannot be read.
 */
export function isAllowedSource(source: string, list: string | undefined): boolean {
  if (list === undefined) return false;
  const allowed = new BlockList();
  for (const entry of list.split(",").map((text) => text.trim())) {
    const [, address = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const version = isIP(address);
    const most = version === 6 ? 128 : 32;
    const bits = prefix === undefined ? most : Number(prefix);
    if (version === 0 || bits > most)
      throw wrong("WEBHOOK_SOURCE_ADDRESSES", "must be addresses or networks separated by commas");
    allowed.addSubnet(address, bits, version === 6 ? "ipv6" : "ipv4");
  }
  const version = isIP(source);
  return version !== 0 && allowed.check(source, version === 6 ? "ipv6" : "ipv4");
}
