import { expect, test } from "vitest";
import { byDefault, production, synthesized } from "./synthesized.ts";

const chosen = { ...production, merchantWebhookUrl: "https://shop.example/wallet-events" };

test("deliveries to a merchant are a function with its queues, rule, secret and alarms, and off by default", () => {
  expect(byDefault.map(({ name }) => name)).not.toContain("events/merchant-webhook");
  const template = synthesized(chosen);
  const named = Object.entries(template.toJSON().Resources as Record<string, { Type: string }>)
    .filter(([id]) => /Merchant|SecretWebhook/.test(id))
    .map(([, { Type }]) => Type);
  for (const type of [
    "AWS::SQS::Queue",
    "AWS::Events::Rule",
    "AWS::Lambda::Function",
    "AWS::SecretsManager::Secret",
  ])
    expect(named).toContain(type);
  expect(Object.keys(template.toJSON().Resources).length).toBeLessThan(450);
  template.hasResourceProperties("AWS::SQS::Queue", {
    SqsManagedSseEnabled: true,
    RedrivePolicy: { maxReceiveCount: 15 },
  });
});

test.each([
  "http://shop.example/x",
  "https://user:secret@shop.example/x",
  "shop.example",
  "ftp://shop.example",
])("%s is no URL of a merchant", (merchantWebhookUrl) => {
  expect(() => synthesized({ ...production, merchantWebhookUrl })).toThrow(
    "merchantWebhookUrl must be an https URL",
  );
});
