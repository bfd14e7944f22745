import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
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
      const handler = this.createFunction(definition, bundle.folder, signing);
      // The API may invoke the function for this path alone; any stage and method of it, but there is one of each.
      api.addRoutes({
        path: definition.route.path,
        methods: [HttpMethod[definition.route.method]],
        integration: new HttpLambdaIntegration(resourceId(definition.name), handler),
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
    const names = new Set<SecretName>([
      "aggrepay",
      "gateway",
      ...definitions.flatMap(({ secrets }) => secrets),
    ]);
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
      environment: this.variables(definition),
    });
  }

  private variables({ secrets, tableActions }: FunctionDefinition): Record<string, string> {
    const { aggrepay, providerTimeoutMs, functionTimeoutMs, leaseMs, quietPeriodMs } = this.config;
    return {
      AGGREPAY_BASE_URL: aggrepay.baseUrl,
      AGGREPAY_ACCOUNT: aggrepay.account,
      PROVIDER_TIMEOUT_MS: String(providerTimeoutMs),
      FUNCTION_TIMEOUT_MS: String(functionTimeoutMs),
      LEASE_MS: String(leaseMs),
      QUIET_PERIOD_MS: String(quietPeriodMs),
      ...(tableActions.length > 0 && { TABLE_NAME: this.table.tableName }),
      ...Object.fromEntries(secrets.map((name) => [secretIdVariable(name), this.secret(name).ref])),
    };
  }

  /** All that a function may do. */
  private statements({ secrets, tableActions }: FunctionDefinition, logGroup: LogGroup): PolicyStatement[] {
    const statements = [
      // The ARN ends in `:*`, the group's streams: Lambda starts one for every environment of the function.
      allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup.logGroupArn]),
    ];
    if (secrets.length > 0) {
      const arns = secrets.map((name) => this.secret(name).ref);
      statements.push(
        allow(["secretsmanager:GetSecretValue"], arns),
        this.allowDecrypt("secretsmanager", { "kms:EncryptionContext:SecretARN": arns }),
      );
    }
    if (tableActions.length > 0) {
      const { tableArn, tableName } = this.table;
      statements.push(
        allow(
          tableActions.map((action) => `dynamodb:${action}`),
          [tableArn],
        ),
        this.allowDecrypt("dynamodb", { "kms:EncryptionContext:aws:dynamodb:tableName": tableName }),
      );
      // Only a query reads an index.
      if (tableActions.includes("Query")) {
        statements.push(
          allow(
            ["dynamodb:Query"],
            indexNames.map((index) => `${tableArn}/index/${index}`),
          ),
        );
      }
    }
    return statements;
  }

  /** Through that service and for those things alone: never to decrypt something by itself. */
  private allowDecrypt(service: string, encryptionContext: Record<string, unknown>): PolicyStatement {
    return new PolicyStatement({
      actions: ["kms:Decrypt"],
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
const indexNames = [unfinishedIndex, customerIndex];

/**
 * A request waits for the provider and computes little, so memory is bought for the CPU share that comes with it:
 * at 512 MB (0.29 vCPU) a TLS handshake and two signatures stay in the low tens of milliseconds.
 */
const memorySize = 512;

const secretDescriptions: Record<SecretName, string> = {
  aggrepay: 'AggrePay\'s credentials for this merchant, as {"apiKey":"...","salt":"..."}',
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
