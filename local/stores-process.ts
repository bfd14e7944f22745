/** The process that stores.ts starts. Policies do not cross from the host, so it reads the assembly itself. */
import { readAssembly } from "./assembly.ts";
import { serveDynamoDb } from "./dynamodb-front.ts";
import { functionIdentities } from "./iam/credentials.ts";
import { personIdentity } from "./iam/person.ts";
import { checkDynamoDb, checkQueues, checkSecretsManager } from "./iam/stores.ts";
import { followed } from "./pipe.ts";
import { startQueues } from "./queues.ts";
import { openSecrets } from "./secrets.ts";
import { startSecretsManager } from "./secrets-manager.ts";
import type { StoresMessage, StoresOrder } from "./stores.ts";

/** A message that failed comes again after this long, and not after minutes. */
const hiddenMs = 2_000;

// The channel closes when the host is gone, however it went.
process.on("disconnect", () => process.exit(0));

process.once("message", async (order: StoresOrder) => {
  const { database, assembly, credentials, person, secrets, messages, ports } = order;
  const tell = (message: StoresMessage) => process.send?.(message);
  const application = readAssembly(assembly);
  const rights = {
    application,
    identities: [...functionIdentities(application.functions, credentials).values()],
    report: (functionName: string, sentence: string) => tell({ type: "refused", functionName, sentence }),
  };
  const values = openSecrets({ ...secrets, report: (sentence) => tell({ type: "report", sentence }) });
  // A person looks at the table; the secrets are in a file already.
  const ofTable = { ...rights, identities: [...rights.identities, personIdentity(person)] };
  const [front, manager, queues] = await Promise.all([
    serveDynamoDb(database, ports.dynamoDb, checkDynamoDb(ofTable)),
    startSecretsManager(application.secrets, values, checkSecretsManager(rights), ports.secretsManager),
    startQueues({
      queues: application.queues,
      file: messages,
      check: checkQueues(rights),
      port: ports.queues,
      hiddenMs,
    }),
  ]);
  const { told } = application;
  if (told && told.queues.length > 0)
    void followed({ url: database, ...told }, ({ source, detailType, detail }) => {
      const event = { source, "detail-type": detailType, time: new Date().toISOString(), detail };
      for (const queue of told.queues) queues.put(queue, JSON.stringify(event));
    });
  tell({
    type: "listening",
    ports: {
      dynamoDb: front.port,
      secretsManager: Number(new URL(manager.url).port),
      queues: queues.port,
    },
  });
});
