import { type Contract, clientContract } from "./client-types.ts";
import { contract } from "./openapi.ts";
import { problemsPage } from "./problems-page.ts";

/** What is made of the contract, by its path in the project. `npm run docs` writes it, a test compares it. */
export function contractDocuments(): ReadonlyMap<string, string> {
  const openapi = contract();
  return new Map([
    ["docs/openapi.json", `${JSON.stringify(openapi, null, 2)}\n`],
    ["docs/problems.md", problemsPage()],
    ["client/src/contract.ts", clientContract(openapi as Contract)],
  ]);
}
