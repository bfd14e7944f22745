import { type Access, type FunctionDefinition, routesOf } from "../lib/operation/definition.ts";

/** A synthesized template, as far as policies are in it. */
export interface PolicyTemplate {
  readonly Resources: Readonly<Record<string, Resource>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface Statement {
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly Action: unknown;
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * `docs/permissions.md`: who may do what, read from the template of a deployment and from the registry.
 * @param fixed The template of the same deployment with `egress: fixed`: what it adds has a section of its own.
 * @param asking The same with `nicepayUserDetail: on`.
 */
export function permissionsDocument(
  { Resources }: PolicyTemplate,
  fixed: PolicyTemplate,
  asking: PolicyTemplate,
  definitions: readonly FunctionDefinition[],
): string {
  const resources = Object.entries(Resources);
  const ofType = (...types: readonly string[]) => resources.filter(([, { Type }]) => types.includes(Type));
  const invocations = ofType("AWS::Lambda::Permission").map(([, { Properties = {} }]) =>
    cells(
      shown(Properties.FunctionName),
      `\`${shown(Properties.Principal)}\``,
      `\`${shown(Properties.Action)}\``,
      code([Properties.SourceArn]),
    ),
  );
  return [
    "# Permissions",
    "",
    "Who may do what, every statement of it. Generated from the `prod` template and the registry by `npm run docs`; a test",
    "fails when this page is behind. Names are those of the stack's resources; why a statement has a `*` is said in",
    "[`infra/findings.ts`](../infra/findings.ts) and [`infra/permissions.ts`](../infra/permissions.ts).",
    "",
    "[Callers](#callers) · [Roles](#roles) · [Policies of resources](#policies-of-resources) · [Who invokes a function](#who-invokes-a-function) ·",
    "[With `egress: fixed`](#with-egress-fixed) · [With `nicepayUserDetail: on`](#with-nicepayuserdetail-on)",
    "",
    "## Callers",
    "",
    ...callersOf(definitions),
    "## Roles",
    "",
    rolesTable(resources),
    "",
    "## Policies of resources",
    "",
    "Attached to a resource itself. `Deny` goes before whatever another policy of the account allows.",
    "",
    policiesTable(resources),
    "",
    "## Who invokes a function",
    "",
    "API Gateway invokes what has a route, as `ApiRole`; Lambda reads queues as the function's own role. A function's own policy",
    "allows the rest:",
    "",
    table(["Function", "Principal", "Action", "From"], invocations),
    "",
    "## With `egress: fixed`",
    "",
    ...addedBy(fixed, Resources),
    "## With `nicepayUserDetail: on`",
    "",
    ...changedBy(asking, Resources),
  ].join("\n");
}

type Entries = readonly (readonly [id: string, Resource])[];

const rolesTable = (resources: Entries): string =>
  table(
    ["Role", "Trust or permission", "Actions", "Resources", "Conditions"],
    resources
      .filter(([, { Type }]) => Type === "AWS::IAM::Role")
      .flatMap(([id, { Properties = {} }]) => [
        ...row(id, "trusts", Properties.AssumeRolePolicyDocument),
        ...list(Properties.Policies).flatMap((policy) => row(id, "may", property(policy, "PolicyDocument"))),
      ]),
  );

const policiesTable = (resources: Entries): string =>
  table(
    ["Policy", "Effect and principal", "Actions", "Resources", "Conditions"],
    resources.flatMap(([id, { Type, Properties = {} }]) => {
      const document = attachedPolicies[Type];
      return document === undefined ? [] : row(id, "", Properties[document]);
    }),
  );

function addedBy({ Resources }: PolicyTemplate, without: PolicyTemplate["Resources"]): readonly string[] {
  const added = Object.entries(Resources).filter(([id]) => !(id in without));
  const holders = Object.entries(Resources).flatMap(([id, { Properties = {} }]) =>
    list(Properties.ManagedPolicyArns).length > 0 ? [`\`${named(id)}\``] : [],
  );
  return [
    "What is above, and this. A policy of an endpoint says what passes through it; who may do it is said by roles. `EgressPolicy`",
    `is attached to the roles of the functions that call providers: ${holders.join(", ")}.`,
    "",
    rolesTable(added),
    "",
    policiesTable(added),
    "",
  ];
}

function changedBy({ Resources }: PolicyTemplate, without: PolicyTemplate["Resources"]): readonly string[] {
  const changed = Object.entries(Resources).filter(
    ([id, resource]) => JSON.stringify(resource) !== JSON.stringify(without[id]),
  );
  return [
    "`nicepay/user-detail` and `nicepay/deactivate-account-binding` have functions, each invoked by its own path alone. Roles and policies",
    "that the switch adds or changes, each whole:",
    "",
    rolesTable(changed),
    "",
    policiesTable(changed),
    "",
  ];
}

/** Where the policy document of such a resource is. */
const attachedPolicies: Readonly<Record<string, string>> = {
  "AWS::ApiGateway::RestApi": "Policy",
  "AWS::EC2::VPCEndpoint": "PolicyDocument",
  "AWS::IAM::ManagedPolicy": "PolicyDocument",
  "AWS::KMS::Key": "KeyPolicy",
  "AWS::SNS::TopicPolicy": "PolicyDocument",
  "AWS::SQS::QueuePolicy": "PolicyDocument",
  "AWS::SecretsManager::ResourcePolicy": "ResourcePolicy",
};

const cells = (...values: readonly string[]): string => `| ${values.join(" | ")} |`;

const table = (head: readonly string[], rows: readonly string[]): string =>
  [cells(...head), `|${"---|".repeat(head.length)}`, ...rows].join("\n");

function row(id: string, verb: string, document: unknown): readonly string[] {
  return list(property(document, "Statement")).map((each) => {
    const { Effect, Principal, Action, Resource: resource, Condition = {} } = each as Statement;
    const who = Principal === undefined ? "" : code(Object.values(asObject(Principal)).flatMap(list));
    const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => `${operator} \`${key}\`: ${code(list(values))}`),
    );
    return cells(
      named(id),
      [verb || Effect, who].filter(Boolean).join(" "),
      code(list(Action)),
      resource === undefined ? "" : code(list(resource)),
      conditions.join("; "),
    );
  });
}

const list = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const asObject = (value: unknown): object =>
  typeof value === "object" && value !== null ? value : { all: value };

const property = (value: unknown, name: string): unknown =>
  (asObject(value) as Readonly<Record<string, unknown>>)[name];

const code = (values: readonly unknown[]): string => values.map((value) => `\`${shown(value)}\``).join(" ");

/** Without the hash that CDK adds to an id. */
const named = (id: string): string => id.replace(/[0-9A-F]{8}$/, "");

/** A value of the template as people read it: `Records.Arn`, `<Region>`. */
function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const [name, argument] = Object.entries(value)[0] ?? [];
  if (name === "Ref")
    return String(argument).startsWith("AWS::") ? `<${String(argument).slice(5)}>` : named(String(argument));
  if (name === "Fn::GetAtt")
    return list(argument)
      .map((part) => named(String(part)))
      .join(".");
  if (name === "Fn::Join") {
    const [separator, parts] = list(argument);
    return list(parts).map(shown).join(String(separator));
  }
  throw new Error(`No words for ${JSON.stringify(value)}`);
}

/** What a policy of the account's, or the scopes of a token, can give to a caller. */
const kinds: Readonly<Partial<Record<Access, string>>> = {
  look: "see what is there: customers, balances, transactions, records",
  reveal: "be given a secret of a user's: a payment token, a secret key",
  change: "change something at a provider that is not money: customers, MPINs, OTPs, bindings",
  "move-money": "move money",
  settle: "say by hand what became of a record. Few should: a wrong word moves money twice",
};

const looks = ({ access }: FunctionDefinition): boolean => access === "look";

const examples: readonly {
  readonly title: string;
  readonly covers: (definition: FunctionDefinition) => boolean;
}[] = [
  { title: "May look", covers: looks },
  {
    title: "May debit, look, and do nothing else",
    covers: (definition) => looks(definition) || definition.name === "aggrepay/debit-wallet",
  },
];

function callersOf(definitions: readonly FunctionDefinition[]): readonly string[] {
  const routes = (access: Access) =>
    definitions.filter((definition) => definition.access === access).flatMap(routesOf);
  return [
    "With IAM a caller needs `execute-api:Invoke` on a route; with tokens (`auth=jwt`), the scope of its kind or one of the route",
    "alone, such as `wallet-gateway/aggrepay-debit-wallet`.",
    "",
    table(
      ["Kind", "Who has it may", "Scope", "Routes"],
      (Object.entries(kinds) as [Access, string][]).map(([access, may]) =>
        cells(
          access,
          may,
          `\`wallet-gateway/${access}\``,
          routes(access)
            .map(({ method, path }) => `\`${method} ${path}\``)
            .join("<br>"),
        ),
      ),
    ),
    "",
    "Two policies for callers, to be made narrower as you like:",
    "",
    ...examples.flatMap(({ title, covers }) => [
      `**${title}**`,
      "",
      "```json",
      JSON.stringify(callerPolicy(definitions.filter(covers).flatMap(routesOf)), null, 2),
      "```",
      "",
    ]),
  ];
}

/** `REGION`, `ACCOUNT` and `API_ID` stand for those of the deployment; `*` for an id in the path. */
const callerPolicy = (routes: readonly { readonly method: string; readonly path: string }[]) => ({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: "execute-api:Invoke",
      Resource: routes.map(
        ({ method, path }) =>
          `arn:aws:execute-api:REGION:ACCOUNT:API_ID/$default/${method}${path.replace(/\{\w+\}/g, "*")}`,
      ),
    },
  ],
});
