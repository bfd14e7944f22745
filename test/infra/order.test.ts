import { expect, test } from "vitest";
import { synthesized } from "./synthesized.ts";

interface Resource {
  readonly DependsOn?: string | readonly string[];
}

/** Names that a part of a template refers to. */
function refersTo(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(refersTo);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, argument]) => {
    if (key === "Ref") return [String(argument)];
    if (key === "Fn::GetAtt") return [String(argument[0])];
    if (key === "Fn::Sub") {
      const text = Array.isArray(argument) ? argument[0] : argument;
      return [
        ...Array.from(String(text).matchAll(/\$\{([\w:]+)/g), ([, name = ""]) => name),
        ...refersTo(argument),
      ];
    }
    return refersTo(argument);
  });
}

const everything = {
  stage: "prod",
  domainName: "wallets.shop.example",
  certificateArn: "arn:aws:acm:ap-south-1:123456789012:certificate/0190f3c2",
  auth: "jwt",
  jwtIssuer: "https://tokens.shop.example/",
  jwtAudience: "gateway",
  tracing: "on",
  egress: "fixed",
};

test.each([
  ["development", {}],
  ["production", { stage: "prod" }],
  ["production with everything chosen", everything],
])("CloudFormation finds an order to make the resources of %s in, and everything that they refer to", (_name, context) => {
  const { Resources } = synthesized(context).toJSON() as {
    readonly Resources: Readonly<Record<string, Resource>>;
  };
  const waiting = new Map(
    Object.entries(Resources).map(([id, resource]) => {
      const after = [resource.DependsOn ?? []].flat();
      const names = [...refersTo(resource), ...after].filter((name) => !name.startsWith("AWS::"));
      return [id, new Set(names.filter((name) => name !== id))];
    }),
  );
  const known = new Set([...waiting.keys(), "BootstrapVersion"]);
  expect([...waiting.values()].flatMap((names) => [...names].filter((name) => !known.has(name)))).toEqual([]);
  for (let ready = [...waiting.keys()]; ready.length > 0; ) {
    ready = [...waiting]
      .filter(([, names]) => ![...names].some((name) => waiting.has(name)))
      .map(([id]) => id);
    for (const id of ready) waiting.delete(id);
  }
  expect([...waiting.keys()]).toEqual([]);
});
