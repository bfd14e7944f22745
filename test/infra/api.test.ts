import { describe, expect, test } from "vitest";
import { routesOf } from "../../lib/operation/definition.ts";
import { byDefault, synthesized } from "./synthesized.ts";

interface Route {
  readonly RouteKey: string;
  readonly AuthorizationType: string;
  readonly AuthorizationScopes?: readonly string[];
}

describe("with tokens", () => {
  const template = synthesized({
    auth: "jwt",
    jwtIssuer: "https://tokens.shop.example/",
    jwtAudience: "gateway,back-office",
  });
  const routes: readonly Route[] = Object.values(template.findResources("AWS::ApiGatewayV2::Route")).map(
    ({ Properties }) => Properties,
  );

  test.each(
    byDefault
      .filter(({ access }) => access !== "open")
      .flatMap((each) => routesOf(each).map(({ method, path }) => ({ ...each, method, path }))),
  )("$method $path of $name asks for the scope of its kind or its own", ({ name, access, method, path }) => {
    const found = routes.find(({ RouteKey }) => RouteKey === `${method} ${path}`);
    expect(found).toMatchObject({
      AuthorizationType: "JWT",
      AuthorizationScopes: [`wallet-gateway/${access}`, `wallet-gateway/${name.replaceAll("/", "-")}`],
    });
  });

  test("the issuer and the audience are those that were chosen", () => {
    template.hasResourceProperties("AWS::ApiGatewayV2::Authorizer", {
      AuthorizerType: "JWT",
      JwtConfiguration: { Issuer: "https://tokens.shop.example/", Audience: ["gateway", "back-office"] },
    });
  });

  test("the access log names the token's subject", () => {
    const [stage] = Object.values(template.findResources("AWS::ApiGatewayV2::Stage"));
    expect(JSON.parse(stage?.Properties.AccessLogSettings.Format)).toMatchObject({
      caller: "$context.authorizer.claims.sub",
    });
  });
});

describe("with a name of its own", () => {
  const template = synthesized({
    domainName: "wallets.shop.example",
    certificateArn: "arn:aws:acm:ap-south-1:123456789012:certificate/0190f3c2",
  });

  test("the API is reached by it alone, and providers are told to notify there", () => {
    template.hasResourceProperties("AWS::ApiGatewayV2::Api", { DisableExecuteApiEndpoint: true });
    template.hasResourceProperties("AWS::ApiGatewayV2::DomainName", {
      DomainName: "wallets.shop.example",
      DomainNameConfigurations: [
        {
          CertificateArn: "arn:aws:acm:ap-south-1:123456789012:certificate/0190f3c2",
          EndpointType: "REGIONAL",
        },
      ],
    });
    const mappings = Object.values(template.findResources("AWS::ApiGatewayV2::ApiMapping"));
    expect(mappings.map(({ Properties }) => [Properties.ApiMappingKey, Properties.Stage]).toSorted()).toEqual(
      [
        [undefined, "$default"],
        ["webhooks", "webhooks"],
      ],
    );
    template.hasResourceProperties("AWS::Lambda::Function", {
      Environment: { Variables: { WEBHOOK_BASE_URL: "https://wallets.shop.example" } },
    });
    template.hasOutput("Url", { Value: "https://wallets.shop.example" });
  });
});

test("what was chosen of throttles is what the APIs keep", () => {
  const chosen = synthesized({
    throttleRate: "2000",
    throttleBurst: "4000",
    webhookThrottleRate: "7",
    webhookThrottleBurst: "9",
  });
  chosen.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
    DefaultRouteSettings: { ThrottlingRateLimit: 2000, ThrottlingBurstLimit: 4000 },
  });
  chosen.hasResourceProperties("AWS::ApiGateway::Stage", {
    MethodSettings: [{ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 }],
  });
});
