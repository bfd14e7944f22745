/** The process that stores.ts starts. Policies do not cross from the host, so it reads the assembly itself. */
import { flushCompileCache } from "node:module";
import { readAssembly } from "./assembly.ts";
import { serveDynamoDb } from "./dynamodb-front.ts";
import { functionIdentities } from "./iam/credentials.ts";
import { personIdentity } from "./iam/person.ts";
import { checkDynamoDb, checkQueues, checkSecretsManager } from "./iam/stores.ts";
import { follow } from "./pipe.ts";
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
  const { feed } = queues;
  if (told && told.queues.length > 0)
    await follow(
      { url: database, ...told },
      {
        position: feed.position,
        keep(events, position) {
          const time = new Date().toISOString();
          const bodies = events.map(({ source, detailType, detail }) =>
            JSON.stringify({ source, "detail-type": detailType, time, detail }),
          );
          feed.put(told.queues, bodies, position);
        },
      },
    );
  else feed.forget();
  tell({
    type: "listening",
    ports: {
      dynamoDb: front.port,
      secretsManager: Number(new URL(manager.url).port),
      queues: queues.port,
    },
  });
  // It ends by SIGKILL, so what V8 compiled is kept now.
  flushCompileCache();
});
