import type { FunctionDefinition } from "../lib/operation/definition.ts";
import type { Config } from "./config.ts";

/** The functions that a deployment has, each with what it needs: what is switched off has no function, role or route. */
export const deployedBy = (
  definitions: readonly FunctionDefinition[],
  { variables: values }: Pick<Config, "variables">,
): readonly FunctionDefinition[] =>
  definitions
    .filter(({ onlyWith }) => onlyWith === undefined || !["", "off", undefined].includes(values[onlyWith]))
    .map((definition) => {
      const { besides, variables, secrets, tableActions } = definition;
      if (besides === undefined || values[besides.where] !== "on") return definition;
      return {
        ...definition,
        variables: [...variables, ...besides.variables],
        secrets: [...secrets, ...besides.secrets],
        tableActions: [...tableActions, ...besides.tableActions],
      };
    });
