import { exampleId } from "../functions/records/common.sample.ts";
import { Problem, type ProblemCode, problemKinds } from "../lib/problem.ts";
import { gatewayAnswers, type ProblemGuide, problems } from "./problems.ts";

/** An `application/problem+json` response, as OpenAPI has it. */
export interface Response {
  readonly description: string;
  readonly headers?: object;
  readonly content: Readonly<Record<string, { readonly schema: object; readonly examples?: object }>>;
}

/** What else a route's problems depend on. */
export interface Answering {
  /** The codes of the gateway's own that the route can answer with. */
  readonly codes: readonly ProblemCode[];
  /** Whether tokens or signatures stand before it. */
  readonly isGuarded: boolean;
}

const guideOf = (code: ProblemCode): ProblemGuide => {
  const guide = problems.get(code);
  if (guide === undefined) throw new Error(`there is no guide for ${code}`);
  return guide;
};

/** The name of each response among the contract's components, by status. */
export function responseNames({ codes, isGuarded }: Answering): ReadonlyMap<string, ResponseOf> {
  const statuses = new Set([
    ...codes.flatMap((code) => guideOf(code).statuses),
    ...(isGuarded ? gatewayAnswers.map(({ status }) => status) : []),
  ]);
  return new Map(
    [...statuses]
      .toSorted((a, b) => a - b)
      .map((status) => {
        const of = codes.filter((code) => guideOf(code).statuses.includes(status));
        const parts = [
          ...of,
          ...(isGuarded && gatewayAnswers.some((each) => each.status === status) ? ["gateway"] : []),
        ];
        return [
          String(status),
          { name: [`Status${status}`, ...parts].join("-"), status, codes: of, isGuarded },
        ];
      }),
  );
}

export interface ResponseOf extends Answering {
  readonly name: string;
  readonly status: number;
}

/** All answers of one status: the gateway's own problems, and what API Gateway says by itself. */
export function responseOf({ status, codes, isGuarded }: ResponseOf): Response {
  const byGateway = isGuarded ? gatewayAnswers.filter((each) => each.status === status) : [];
  const lines = [
    ...codes.map((code) => {
      const { retry, meaning, caller } = guideOf(code);
      return `- \`${code}\` (\`retry\`: ${retry.map((each) => `\`${each}\``).join(" or ")}). ${meaning} **Do:** ${caller}`;
    }),
    ...byGateway.map(
      ({ meaning, caller }) => `- API Gateway itself, without a \`code\`. ${meaning} **Do:** ${caller}`,
    ),
  ];
  return {
    description: lines.join("\n"),
    ...(codes.length > 0 && { headers: headersOf(codes) }),
    content: {
      ...(codes.length > 0 && {
        "application/problem+json": {
          schema: { $ref: "#/components/schemas/Problem" },
          examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code, status) }])),
        },
      }),
      ...(byGateway.length > 0 && {
        "application/json": {
          schema: { $ref: "#/components/schemas/ApiGatewayMessage" },
          examples: { apiGateway: { value: { message: byGateway[0]?.message } } },
        },
      }),
    },
  };
}

const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
const headersOf = (codes: readonly ProblemCode[]) => ({
  "Cache-Control": header("Cache-Control"),
  "apigw-requestid": header("apigw-requestid"),
  ...(codes.some((code) => guideOf(code).retry.includes("same-identity")) && {
    "Retry-After": header("Retry-After"),
  }),
});

/** As the gateway itself writes it. */
function exampleOf(code: ProblemCode, status: number): object {
  const errors = {
    "invalid-request": [{ pointer: "/amount", detail: "must be above zero" }],
    "identity-reused": [{ pointer: "/amount", detail: "differs from the first request" }],
  }[code as string];
  return new Problem(code, guideOf(code).detail, {
    status,
    retry: problemKinds[code].retry,
    ...(errors && { errors }),
  }).body(
    code === "identity-reused" ? `/v1/records/${exampleId}` : "urn:wallet-gateway:request:JKJaXmPLvHcESHA=",
  );
}
