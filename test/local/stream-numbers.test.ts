import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { findDynoxide, startDynamoDb } from "../../local/dynamodb.ts";

/** What the engine asks before each write of a table that has a stream. */
const query =
  "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?1";

test("a write finds the next number of its table's stream in an index", async () => {
  const binary = findDynoxide(undefined);
  expect((await readFile(binary)).includes(query)).toBe(true);

  const folder = await mkdtemp(join(tmpdir(), "stream-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "dynamodb.sqlite");
  const engine = await startDynamoDb({
    ...{ binary, file },
    log: { line: () => undefined, stream: () => undefined },
  });
  const properties = {
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    StreamSpecification: { StreamViewType: "NEW_IMAGE" },
  };
  // The second time as a host does that starts on a file of an earlier one.
  for (let each = 0; each < 2; each += 1) await engine.ensureTable({ name: "records", properties });
  await engine.close();

  const database = new DatabaseSync(file);
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${query}`).all("records");
  database.close();
  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/^SEARCH _stream_records USING .*INDEX stream_numbers/),
  ]);
});
