export interface SandboxOptions {
  /** 0, a free one, unless told. */
  readonly port?: number;
  /** Where the sandbox keeps what must outlive it. One sandbox of a provider at a time. */
  readonly dataDir: string;
  /** The values of the provider's secret that are live: the current one, and during a rotation the previous. */
  readonly secrets: () => readonly SecretValue[];
  readonly clock?: () => number;
}

export type SecretValue = Readonly<Record<string, unknown>>;

/** A member of a secret, or undefined where it is missing, empty or no text. */
export function memberOf(secret: SecretValue, name: string): string | undefined {
  const value = secret[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
