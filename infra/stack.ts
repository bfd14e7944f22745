import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import { createAlarms } from "./alarms.ts";
import { addRoutes, createApi, createCallingRole } from "./api.ts";
import type { Bundles } from "./bundle.ts";
import type { Config } from "./config.ts";
import { createDashboard } from "./dashboard.ts";
import { closeSecrets, createData } from "./data.ts";
import { addOpenRoutes, createDoor, mapDoor } from "./door.ts";
import { createEgress } from "./egress.ts";
import { createEvents } from "./events.ts";
import { explainFindings } from "./findings.ts";
import { createFunctions } from "./functions.ts";
import { rollOut } from "./rollout.ts";
import { checkSize } from "./size.ts";
import { deployedBy } from "./switches.ts";

export interface WalletGatewayProps extends StackProps {
  readonly config: Config;
  readonly definitions: readonly FunctionDefinition[];
  readonly bundles: Bundles;
}

/** The gateway: what it keeps, what runs, how it is reached, what it tells, how it is watched and how it changes. */
export class WalletGateway extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { config, definitions: all, bundles, ...props }: WalletGatewayProps,
  ) {
    super(scope, id, {
      description: `Wallet gateway (${config.stage})`,
      terminationProtection: config.retainData,
      ...(config.region !== undefined && { env: { region: config.region } }),
      ...props,
    });
    const definitions = deployedBy(all, config);
    const data = createData(this, config, definitions);
    const api = createApi(this, config, data);
    const door = createDoor(this, config, data);
    const egress = createEgress(this, config, data, definitions);
    const functions = createFunctions(this, definitions, bundles, {
      config,
      data,
      webhookUrl: door.url,
      egress,
    });
    const calling = createCallingRole(this, functions);
    addRoutes(api, config, calling, functions);
    addOpenRoutes(door, calling, functions);
    if (api.domain) mapDoor(this, door, api.domain);
    closeSecrets(this, config, data.secrets, (name) =>
      functions.filter(({ definition }) => definition.secrets.includes(name)).map(({ role }) => role),
    );
    const events = createEvents(this, data);
    const alarms = createAlarms(this, { config, data, api, door, functions, events });
    createDashboard(this, { data, api, functions });
    rollOut(this, config, functions, alarms.errorsOf);
    explainFindings(this, config);
    checkSize(this);
  }
}
