import { createSign, generateKeyPairSync } from "node:crypto";

export interface CertificateOptions {
  readonly names?: readonly string[];
  /** Whether it is for 127.0.0.1, too. */
  readonly address?: boolean;
  readonly until?: Date;
  readonly trusted?: boolean;
}

/** A self-signed certificate, written out in DER (RFC 5280): Node makes keys and signatures, but no certificates. */
export function selfSigned({
  names = ["localhost"],
  address = true,
  until = new Date(Date.now() + 86_400_000),
}: CertificateOptions = {}) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(Buffer.from("06082a8648ce3d040302", "hex"));
  const commonName = sequence(
    der(0x31, sequence(Buffer.from("0603550403", "hex"), der(0x0c, Buffer.from("test")))),
  );
  const time = (date: Date) => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, "")));
  const alternatives = [
    ...names.map((name) => der(0x82, Buffer.from(name))),
    ...(address ? [der(0x87, Buffer.from([127, 0, 0, 1]))] : []),
  ];
  const extension = (oid: string, value: Buffer) => sequence(Buffer.from(oid, "hex"), der(0x04, value));
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    commonName,
    sequence(time(new Date(Date.now() - 2 * 86_400_000)), time(until)),
    commonName,
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      sequence(
        extension("0603551d11", sequence(...alternatives)),
        extension("0603551d13", sequence(Buffer.from("0101ff", "hex"))),
      ),
    ),
  );
  const signature = createSign("sha256").update(content).sign(privateKey);
  const whole = sequence(content, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    certificate: `-----BEGIN CERTIFICATE-----\n${whole.toString("base64")}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, content: Buffer): Buffer {
  const size = content.byteLength;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(parts));
