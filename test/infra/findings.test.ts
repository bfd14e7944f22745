import { expect, test } from "vitest";
import { type ChosenContext, findingsIn } from "./synthesized.ts";

const everything: ChosenContext = {
  stage: "prod",
  region: "ap-south-1",
  auth: "jwt",
  jwtIssuer: "https://tokens.shop.example/",
  jwtAudience: "gateway",
  domainName: "wallets.shop.example",
  certificateArn: "arn:aws:acm:ap-south-1:123456789012:certificate/0190f3c2",
  alarmTopicArn: "arn:aws:sns:ap-south-1:123456789012:pager",
  keyRingReaders: "arn:aws:iam::123456789012:role/key-rotation",
  tracing: "on",
  nicepayUserDetail: "on",
  merchantWebhookUrl: "https://shop.example/wallet-events",
  rollout: "linear",
  oldWebhookRoute: "on",
  webhookDoor: "open",
  apiGatewayLogRole: "leave",
};

test.each<readonly [string, ChosenContext]>([
  ["development", {}],
  ["production", { stage: "prod" }],
  ["production with everything chosen", everything],
  ["production with fixed addresses", { stage: "prod", egress: "fixed" }],
  [
    "production with everything chosen and one fixed address",
    { ...everything, egress: "fixed", natGateways: "1" },
  ],
])("two packs of rules find nothing in %s that is not explained", (_name, context) => {
  const { packs, unexplained, explained } = findingsIn(context);
  expect(packs).toEqual(["AwsSolutions", "Serverless"]);
  expect(unexplained).toEqual([]);
  // They did look.
  expect(explained).toContain("AwsSolutions-SMG4");
});
