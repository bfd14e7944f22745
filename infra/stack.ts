import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LayerVersion,
  LoggingFormat,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { CfnSecret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { type FunctionDefinition, type SecretName, secretIdVariable } from "../lib/operation/definition.ts";
import type { Bundles } from "./bundle.ts";
import type { Config } from "./config.ts";

export interface WalletGatewayProps extends StackProps {
  readonly config: Config;
  readonly definitions: readonly FunctionDefinition[];
  readonly bundles: Bundles;
}

export class WalletGateway extends Stack {
  private readonly config: Config;
  private readonly removalPolicy: RemovalPolicy;
  private readonly key: Key;
  private readonly table: Table;
  private readonly secrets: ReadonlyMap<SecretName, CfnSecret>;

  constructor(scope: Construct, id: string, { config, definitions, bundles, ...props }: WalletGatewayProps) {
    super(scope, id, {
      description: `Wallet gateway (${config.stage})`,
      terminationProtection: config.retainData,
      ...props,
    });
    this.config = config;
    this.removalPolicy = config.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.key = this.createKey();
    this.table = this.createTable();
    this.secrets = this.createSecrets(definitions);

    const signing = new LayerVersion(this, "Signing", {
      code: Code.fromAsset(bundles.layer.folder),
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      compatibleArchitectures: [Architecture.ARM_64],
      description: "How each provider's requests are signed; shared by every function",
    });
    const api = this.createApi();
    for (const definition of definitions) {
      const bundle = bundles.functions.get(definition.name);
      if (bundle === undefined) throw new Error(`${definition.name} has no bundle`);
      const handler = this.createFunction(definition, bundle.folder, signing, api);
      // The API may invoke the function for this path alone; any stage and method of it, but there is one of each.
      const { route, schedule } = definition;
      if (schedule) this.createSchedule(definition, schedule.everyMinutes, handler);
      if (!route) continue;
      api.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: new HttpLambdaIntegration(resourceId(definition.name), handler),
        // An open route's function checks for itself who calls.
        ...(definition.access === "open" && { authorizer: new HttpNoneAuthorizer() }),
      });
    }
    new CfnOutput(this, "Url", { value: api.apiEndpoint, description: "Where callers send their requests" });
    for (const [name, secret] of this.secrets) {
      new CfnOutput(this, `${resourceId(name)}SecretArn`, {
        value: secret.ref,
        description: `Empty until a person puts the secret "${name}" there; its description says in what shape`,
      });
    }
  }

  /** Its policy says `*`, which in a key's own policy is that key: the account's IAM policies decide who may use it. */
  private createKey(): Key {
    return new Key(this, "Key", {
      description: `Records and secrets of ${this.stackName}`,
      enableKeyRotation: true,
      removalPolicy: this.removalPolicy,
    });
  }

  /**
   * One table in one region, and not a global table: a second region that could claim the same identity would move
   * money twice.
   */
  private createTable(): Table {
    const table = new Table(this, "Records", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: "expires",
      deletionProtection: this.config.retainData,
      removalPolicy: this.removalPolicy,
    });
    // Sparse: only unfinished records have a shard. Whoever reads it looks at the record itself before deciding.
    table.addGlobalSecondaryIndex({
      indexName: unfinishedIndex,
      partitionKey: { name: "shard", type: AttributeType.NUMBER },
      sortKey: { name: "due", type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    table.addGlobalSecondaryIndex({
      indexName: customerIndex,
      partitionKey: { name: "customer", type: AttributeType.STRING },
      sortKey: { name: "createdAt", type: AttributeType.NUMBER },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: ["state", "amount", "operation"],
    });
    return table;
  }

  /**
   * Created without a value: people put it there, so that no template, parameter or pipeline ever holds it, and no later
   * deployment can write over a key that records name. Without one, a function refuses before anything is sent.
   */
  private createSecrets(definitions: readonly FunctionDefinition[]): ReadonlyMap<SecretName, CfnSecret> {
    const names = new Set<SecretName>(["gateway", ...definitions.flatMap(({ secrets }) => secrets)]);
    return new Map(
      [...names].map((name) => {
        const secret = new CfnSecret(this, `Secret${resourceId(name)}`, {
          description: secretDescriptions[name],
          kmsKeyId: this.key.keyArn,
        });
        secret.applyRemovalPolicy(this.removalPolicy);
        return [name, secret];
      }),
    );
  }

  private createApi(): HttpApi {
    const { rate, burst } = this.config.throttle;
    const api = new HttpApi(this, "Api", {
      apiName: this.stackName,
      description: "Wallet gateway",
      createDefaultStage: false,
      // Every route, also one that someone adds later, asks who calls unless it says otherwise.
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    new HttpStage(this, "Stage", {
      httpApi: api,
      autoDeploy: true,
      throttle: { rateLimit: rate, burstLimit: burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.createLogGroup("AccessLog")),
        format: AccessLogFormat.custom(JSON.stringify(accessLog)),
      },
    });
    return api;
  }

  private createSchedule(
    { name, summary }: FunctionDefinition,
    everyMinutes: number,
    handler: LambdaFunction,
  ): void {
    new Rule(this, `${resourceId(name)}Schedule`, {
      description: summary,
      schedule: Schedule.rate(Duration.minutes(everyMinutes)),
      targets: [new LambdaTarget(handler, onlyOnce)],
    });
  }

  private createLogGroup(id: string): LogGroup {
    return new LogGroup(this, id, {
      retention: this.config.logRetention,
      removalPolicy: this.removalPolicy,
    });
  }

  private createFunction(
    definition: FunctionDefinition,
    folder: string,
    signing: LayerVersion,
    api: HttpApi,
  ): LambdaFunction {
    const id = resourceId(definition.name);
    const logGroup = this.createLogGroup(`${id}Log`);
    const role = new Role(this, `${id}Role`, {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: `${this.stackName}: ${definition.name}`,
      inlinePolicies: { uses: new PolicyDocument({ statements: this.statements(definition, logGroup) }) },
    });
    return new LambdaFunction(this, id, {
      description: definition.summary,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(folder),
      handler: "index.handler",
      layers: [signing],
      timeout: Duration.millis(this.config.functionTimeoutMs),
      memorySize,
      // Nothing that CDK does later widens the role: what a function may do is in `statements`, all of it.
      role: role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: this.variables(definition, api),
      ...(definition.schedule && onlyOnce),
    });
  }

  private variables(definition: FunctionDefinition, api: HttpApi): Record<string, string> {
    const { secrets, tableActions } = definition;
    const { providerTimeoutMs, functionTimeoutMs, leaseMs, quietPeriodMs } = this.config;
    const { bindingWaitMs, doubtLimitMs, backOffMs } = this.config;
    const values: Record<string, string> = { WEBHOOK_BASE_URL: api.apiEndpoint, ...this.config.variables };
    return {
      ...Object.fromEntries(
        definition.variables.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
      ),
      PROVIDER_TIMEOUT_MS: String(providerTimeoutMs),
      FUNCTION_TIMEOUT_MS: String(functionTimeoutMs),
      LEASE_MS: String(leaseMs),
      QUIET_PERIOD_MS: String(quietPeriodMs),
      BINDING_WAIT_MS: String(bindingWaitMs),
      DOUBT_LIMIT_MS: String(doubtLimitMs),
      BACK_OFF_MS: backOffMs.join(","),
      ...(tableActions.length > 0 && { TABLE_NAME: this.table.tableName }),
      ...Object.fromEntries(secrets.map((name) => [secretIdVariable(name), this.secret(name).ref])),
    };
  }

  /** All that a function may do. */
  private statements(definition: FunctionDefinition, logGroup: LogGroup): PolicyStatement[] {
    const { secrets, tableActions } = definition;
    const statements = [
      // The ARN ends in `:*`, the group's streams: Lambda starts one for every environment of the function.
      allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup.logGroupArn]),
    ];
    if (secrets.length > 0) {
      const arns = secrets.map((name) => this.secret(name).ref);
      statements.push(
        allow(["secretsmanager:GetSecretValue"], arns),
        this.allowKey("secretsmanager", ["kms:Decrypt"], { "kms:EncryptionContext:SecretARN": arns }),
      );
    }
    if (tableActions.length > 0) statements.push(...this.tableStatements(definition));
    return statements;
  }

  private tableStatements(definition: FunctionDefinition): PolicyStatement[] {
    const { tableArn } = this.table;
    // The table itself is read and written by key alone: every query is one of an index.
    const byKey = definition.tableActions.filter((action) => action !== "Query");
    const statements: PolicyStatement[] = [];
    if (byKey.length > 0) {
      statements.push(
        allow(
          byKey.map((action) => `dynamodb:${action}`),
          [tableArn],
        ),
      );
    }
    if (byKey.length < definition.tableActions.length) {
      statements.push(
        allow(
          ["dynamodb:Query"],
          indexesOf(definition).map((index) => `${tableArn}/index/${index}`),
        ),
      );
    }
    // DynamoDB uses the key in the name of whoever calls it, and asks this much of them for a table under a key of one's
    // own. No encryption context: the key has this one table, and DescribeKey carries none.
    const writes = byKey.includes("UpdateItem");
    statements.push(this.allowKey("dynamodb", writes ? keyActions.write : keyActions.read));
    return statements;
  }

  /** Through that service alone: never to use the key by itself. */
  private allowKey(
    service: string,
    actions: readonly string[],
    encryptionContext: Record<string, unknown> = {},
  ): PolicyStatement {
    return new PolicyStatement({
      actions: [...actions],
      resources: [this.key.keyArn],
      conditions: {
        StringEquals: { "kms:ViaService": `${service}.${this.region}.amazonaws.com`, ...encryptionContext },
      },
    });
  }

  private secret(name: SecretName): CfnSecret {
    const secret = this.secrets.get(name);
    if (secret === undefined) throw new Error(`No secret ${name}`);
    return secret;
  }
}

const unfinishedIndex = "unfinished";
const customerIndex = "customer-records";

/** What the clock runs looks for what is unfinished; people may also ask for a customer's records. */
const indexesOf = ({ schedule }: FunctionDefinition): readonly string[] =>
  schedule ? [unfinishedIndex] : [unfinishedIndex, customerIndex];

/** What the AWS documentation asks for, and what CDK grants with a table, but for one table and one service. */
const keyActions = {
  read: ["kms:Decrypt", "kms:DescribeKey"],
  write: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
} as const;

/** Neither EventBridge nor Lambda repeats a run: what one leaves is due still at the next, a minute later. */
const onlyOnce = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };

/**
 * A request waits for the provider and computes little, so memory is bought for the CPU share that comes with it:
 * at 512 MB (0.29 vCPU) a TLS handshake and two signatures stay in the low tens of milliseconds.
 */
const memorySize = 512;

const secretDescriptions: Record<SecretName, string> = {
  aggrepay: 'AggrePay\'s credentials for this merchant, as {"apiKey":"...","salt":"..."}',
  payu:
    'PayU\'s credentials for this merchant, as {"merchantKey":"...","merchantSalt":"...","walletIdentifier":"..."}; ' +
    '"mid" and "signatureScheme" (hmac or body-digest) where they apply',
  wibmo:
    'Wibmo\'s credentials for this merchant, as {"apiKey":"..."}; "clientId", "bankId", "entityId", "secureCode", ' +
    '"consumerCustomId" and "headerNames" where they apply',
  dreamzwallet:
    'DreamzWallet\'s credentials for this merchant, as {"secKey":"...","walletOwnerId":"...","token":"..."}; ' +
    '"envelope" (authentication) and "hashCase" (lower or upper) where they apply',
  nicepay: 'NICEPAY\'s credentials for this merchant, as {"iMid":"...","merchantKey":"..."}',
  gateway:
    'The gateway\'s own key rings, as {"fingerprintKeys":[{"id":"1","key":"..."}],"sealingKeys":[{"id":"1","key":"..."}]}. ' +
    "Each key is 32 random bytes in base64 (openssl rand -base64 32). The first of a ring is in use; " +
    "new keys go in front, and none is removed while a record names it.",
};

const accessLog = {
  requestId: "$context.requestId",
  time: "$context.requestTimeEpoch",
  route: "$context.routeKey",
  status: "$context.status",
  caller: "$context.identity.userArn",
  sourceIp: "$context.identity.sourceIp",
  latencyMs: "$context.responseLatency",
  integrationLatencyMs: "$context.integrationLatency",
  integrationError: "$context.integrationErrorMessage",
  error: "$context.error.message",
};

/** `aggrepay/debit-wallet` becomes `AggrepayDebitWallet`. */
const resourceId = (name: string): string =>
  name.replace(/(?:^|[/-])(.)/g, (_, first: string) => first.toUpperCase());

const allow = (actions: string[], resources: string[]): PolicyStatement =>
  new PolicyStatement({ actions, resources });
