import type { FunctionDefinition } from "../lib/operation/definition.ts";

/**
 * The scopes of which a token must have one, where tokens say who may do what; with IAM, policies on the routes do. One is of
 * all that is of this kind, one of this route alone: `wallet-gateway/move-money`, `wallet-gateway/aggrepay-debit-wallet`.
 */
export const scopesOf = ({ access, name }: Pick<FunctionDefinition, "access" | "name">): string[] => [
  `wallet-gateway/${access}`,
  `wallet-gateway/${name.replaceAll("/", "-")}`,
];
