/** The thread that dynamodb-front.ts starts. Policies do not cross from the host, so it reads the assembly itself. */
import { parentPort, workerData } from "node:worker_threads";
import { readAssembly } from "./assembly.ts";
import { type FrontMessage, type FrontOrder, serveDynamoDb } from "./dynamodb-front.ts";
import { functionIdentities } from "./iam/credentials.ts";
import { checkDynamoDb } from "./iam/stores.ts";

const { database, assembly, credentials }: FrontOrder = workerData;
const tell = (message: FrontMessage) => parentPort?.postMessage(message);

const application = readAssembly(assembly);
const check = checkDynamoDb({
  application,
  identities: functionIdentities(application.functions, credentials),
  report: (functionName, sentence) => tell({ type: "refused", functionName, sentence }),
});
const { url } = await serveDynamoDb(database, check);
tell({ type: "listening", url });
