import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type BooksQuery, booksQueryOf, dayOf } from "../../lib/operation/books-view.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { readable } from "../../lib/operation/record-query.ts";
import { bookedProviders } from "../../lib/providers/books.ts";
import { bookKeys } from "../../lib/records/books.ts";
import { processBooks } from "../../lib/records/process-books.ts";
import { systemClock } from "../../lib/time.ts";

/** What was found when what the providers show was compared with our records: of one day, or of the latest. */
export const operation: FunctionDefinition = {
  name: "records/books",
  summary: "Gives in what the providers' own books were found to differ from our records, day by day",
  route: { method: "GET", path: "/v1/books" },
  access: "look",
  onlyWith: "BOOKS",
  variables: [],
  secrets: [],
  tableActions: ["GetItem"],
  keysBeginWith: [bookKeys],
};

export const handler = /* @__PURE__ */ lambda({
  // Its name itself: reading it of the definition would keep all of this in the reconciler's bundle.
  name: "records/books",
  read: (event: APIGatewayProxyEventV2) => booksQueryOf(event, systemClock.now()),
  run: ({ input }: Request<BooksQuery>) => readable(give(input)),
  warm: async () => {
    await Promise.allSettled([(async () => processBooks())()]);
  },
});

async function give({ dates }: BooksQuery): Promise<Answer> {
  const store = processBooks();
  const found = await Promise.all(
    dates.flatMap((date) => bookedProviders.map((provider) => store.day(provider, date))),
  );
  return { body: { result: found.filter((day) => day !== undefined).map(dayOf) } };
}
