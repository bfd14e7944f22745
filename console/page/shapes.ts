import type { State } from "../../lib/records/states.ts";

export type { State };

/** What the gateway and the console's server answer. */
export interface Setup {
  readonly gateway: string;
  readonly kind: "local" | "deployed";
  readonly base: string;
  readonly signedAs: string | null;
  readonly titles: Readonly<Record<string, string>>;
  readonly sandboxes: readonly { readonly name: string; readonly title: string }[];
}

export interface Failure {
  readonly code: string;
  readonly detail: string;
  readonly provider?: { readonly code: string; readonly message: string };
}

export interface Said {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

export interface Proposal extends Said {
  readonly outcome: string;
  readonly attempt: number;
  readonly lapsesAt: string;
  readonly withdrawn?: Said;
}

/** What every list holds of a record; a customer's has no identities. */
export interface Row {
  readonly id: string;
  readonly operation: string;
  readonly identity?: string;
  readonly state: State;
  readonly amount: string | null;
  readonly createdAt: string;
}

/** What `GET /v1/records/{id}` and lists by state hold. */
export interface Detail extends Row {
  readonly identity: string;
  readonly attempt: number;
  readonly updatedAt: string;
  readonly ageSeconds: number;
  readonly caller: string;
  readonly customerId: string | null;
  readonly host: string;
  readonly leaseEndsAt: string | null;
  readonly inquiries: number;
  readonly lastInquiry: { readonly at: string; readonly learned: string } | null;
  readonly provedBy: string | null;
  readonly waits: "person" | "provider" | null;
  readonly result: unknown;
  readonly failure: Failure | null;
  readonly bound: boolean;
  readonly flagged: string | null;
  readonly resolution: (Said & { readonly outcome?: string }) | null;
  readonly proposal: Proposal | null;
  readonly history: readonly { readonly state: State; readonly at: string }[];
  /** When the provider is next asked, where the gateway tells it. */
  readonly nextInquiryAt: string | null;
}

export interface Page<T> {
  readonly result: readonly T[];
  readonly page?: { readonly cursor: string | null; readonly complete?: boolean };
}
