import { clientContract } from "./client-types.ts";
import type { Contract } from "./contract.ts";
import { contract } from "./openapi.ts";
import { problemsPage } from "./problems-page.ts";
import { referencePage } from "./reference.ts";

/** What is made of the contract, by its path in the project. `npm run docs` writes it, a test compares it. */
export function contractDocuments(): ReadonlyMap<string, string> {
  const openapi = contract() as Contract;
  return new Map([
    ["docs/openapi.json", `${JSON.stringify(openapi, null, 2)}\n`],
    ["docs/problems.md", problemsPage()],
    ["docs/reference.md", referencePage(openapi)],
    ["client/src/contract.ts", clientContract(openapi)],
  ]);
}
