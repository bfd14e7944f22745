/**
 * `DYNOXIDE_BIN=$(npm run -s dynamodb-local) npm start`: fetches Amazon's DynamoDB Local, where it is not there yet, and
 * prints the program that stands for dynoxide on a platform that npm has no dynoxide for. Needs Java 17.
 */
import { resolve } from "node:path";
import { installEngine, missingJava } from "./engine.ts";

const missing = missingJava();
if (missing === undefined)
  process.stdout.write(`${installEngine(resolve(import.meta.dirname, "../../.build/engines"))}\n`);
else {
  process.stderr.write(`${missing}.\n`);
  process.exitCode = 1;
}
