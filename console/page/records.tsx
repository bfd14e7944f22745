import { useState } from "preact/hooks";
import { ask, gateway, Refused, unfinished } from "./api.ts";
import { type Contract, operationsIn } from "./contract.ts";
import { Decide } from "./decide.tsx";
import { type Place, setQuery, useNow, usePolled } from "./hooks.ts";
import { Choices, Empty, Loading, Select, Trouble } from "./parts.tsx";
import { type Finders, search } from "./search.ts";
import type { Detail, Page, Row } from "./shapes.ts";
import { type Lists, readNow, useWatched } from "./watch.ts";
import { Badge, operationTitle, providerTitle, sentAt, short, span } from "./words.tsx";

const lists = ["needs_attention", "in_doubt", "dispatched"] as const;
type ListName = (typeof lists)[number];
const titles: Readonly<Record<ListName, string>> = {
  needs_attention: "Needs attention",
  in_doubt: "In doubt",
  dispatched: "Under way",
};

const empty: Readonly<Record<ListName, readonly [string, string]>> = {
  needs_attention: ["Nothing waits for a person", "What asking the provider cannot settle is listed here."],
  in_doubt: ["Nothing is in doubt", "An attempt whose outcome is not known is listed here, and asked about."],
  dispatched: ["Nothing is under way", "An attempt is listed here from its claim to its answer."],
};

/** Lists of what is unfinished, and the search for everything else. */
export function Records({ place }: { readonly place: Place }) {
  const asked = place.query.get("id") ?? "";
  return (
    <>
      <header class="head">
        <h1>Records</h1>
        <SearchBox value={asked} />
      </header>
      {asked === "" ? <Unfinished place={place} /> : <Found asked={asked} />}
    </>
  );
}

function SearchBox({ value }: { readonly value: string }) {
  const [text, setText] = useState(value);
  return (
    <search>
      <form
        class="search"
        onSubmit={(event) => {
          event.preventDefault();
          setQuery("records", { id: text.trim() });
        }}
      >
        <label class="unseen" for="search">
          Search by any id
        </label>
        <input
          id="search"
          type="search"
          value={text}
          placeholder="Record, transaction, customer, reference or key"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit">Search</button>
        {value !== "" && (
          <a class="quiet" href="#/records">
            Clear
          </a>
        )}
      </form>
    </search>
  );
}

function Unfinished({ place }: { readonly place: Place }) {
  const watched = useWatched();
  const chosen = lists.find((name) => name === place.query.get("state")) ?? "needs_attention";
  const only = {
    operation: place.query.get("operation") ?? "",
    namespace: place.query.get("namespace") ?? "",
    waits: place.query.get("waits") ?? "",
    customer: place.query.get("customer") ?? "",
  };
  const set = (change: Readonly<Record<string, string>>) =>
    setQuery("records", { state: chosen, ...only, ...change });
  const all = watched.lists?.[chosen];
  const rows = all?.filter((record) => passes(record, only));
  return (
    <>
      <div class="filters">
        <Choices
          legend="State"
          name="state"
          value={chosen}
          choices={lists.map((value) => ({
            value,
            title: titles[value],
            count: watched.lists?.[value].length,
          }))}
          onChange={(state) => set({ state })}
        />
        <Filters lists={watched.lists} chosen={chosen} only={only} onChange={set} />
      </div>
      {watched.error && <Trouble error={watched.error} onAgain={() => void readNow()} />}
      {!watched.complete && <p class="note">More is unfinished than is shown: these are the oldest.</p>}
      {rows === undefined ? (
        !watched.error && <Loading what="records" />
      ) : rows.length === 0 ? (
        <NothingThere chosen={chosen} isFiltered={(all ?? []).length > 0} />
      ) : (
        <List rows={rows} chosen={chosen} />
      )}
      <p class="unseen" role="status">
        {rows && `${rows.length} ${rows.length === 1 ? "record" : "records"}: ${titles[chosen]}`}
      </p>
    </>
  );
}

function NothingThere({ chosen, isFiltered }: { readonly chosen: ListName; readonly isFiltered: boolean }) {
  const [title, sentence] = isFiltered
    ? ["No record passes the filters", "Take one away to see more."]
    : empty[chosen];
  return (
    <Empty title={title}>
      <p>{sentence}</p>
    </Empty>
  );
}

interface Only {
  readonly operation: string;
  readonly namespace: string;
  readonly waits: string;
  readonly customer: string;
}

const passes = (record: Detail, { operation, namespace, waits, customer }: Only): boolean =>
  (operation === "" || record.operation === operation) &&
  (namespace === "" || kindOf(record) === namespace) &&
  (waits === "" || (record.waits ?? "person") === waits) &&
  (customer === "" || record.customerId === customer);

/** Money, bindings and the rest, by what an operation is. */
function kindOf({ operation, amount }: Detail): string {
  if (operation.startsWith("nicepay/")) return "binding";
  return amount === null ? "other" : "money";
}

function Filters({
  lists: all,
  chosen,
  only,
  onChange,
}: {
  readonly lists: Lists | undefined;
  readonly chosen: ListName;
  readonly only: Only;
  readonly onChange: (change: Readonly<Record<string, string>>) => void;
}) {
  const rows = all?.[chosen] ?? [];
  const operations = new Set([...rows.map(({ operation }) => operation), only.operation].filter(Boolean));
  const customers = new Set(
    [...rows.map(({ customerId }) => customerId ?? ""), only.customer].filter(Boolean),
  );
  const any = { value: "", title: "Any" };
  const choicesOf = (values: Iterable<string>) =>
    [...values].toSorted().map((value) => ({ value, title: value }));
  return (
    <div class="fields">
      <Select
        label="Operation"
        value={only.operation}
        options={[any, ...choicesOf(operations)]}
        onChange={(operation) => onChange({ operation })}
      />
      <Select
        label="Customer"
        value={only.customer}
        options={[any, ...choicesOf(customers)]}
        onChange={(customer) => onChange({ customer })}
      />
      <Select
        label="Kind"
        value={only.namespace}
        options={[
          any,
          { value: "money", title: "Money" },
          { value: "binding", title: "Bindings" },
          { value: "other", title: "Other changes" },
        ]}
        onChange={(namespace) => onChange({ namespace })}
      />
      {chosen === "needs_attention" && (
        <Select
          label="Waits for"
          value={only.waits}
          options={[
            any,
            { value: "person", title: "A person" },
            { value: "provider", title: "The provider" },
          ]}
          onChange={(waits) => onChange({ waits })}
        />
      )}
    </div>
  );
}

function List({ rows, chosen }: { readonly rows: readonly Detail[]; readonly chosen: ListName }) {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const decides = chosen === "needs_attention";
  const picked = rows.filter(({ id }) => marked.has(id));
  const mark = (ids: readonly string[], isMarked: boolean) =>
    setMarked((before) => {
      const after = new Set(before);
      for (const id of ids)
        if (isMarked) after.add(id);
        else after.delete(id);
      return after;
    });
  return (
    <>
      <table class="records">
        <caption class="unseen">{titles[chosen]}, the longest first</caption>
        <thead>
          <tr>
            {decides && (
              <th scope="col" class="pick">
                <label class="pick-all">
                  <input
                    type="checkbox"
                    checked={picked.length === rows.length}
                    onChange={(event) =>
                      mark(
                        rows.slice(0, 100).map(({ id }) => id),
                        event.currentTarget.checked,
                      )
                    }
                  />
                  <span class="unseen">Choose all</span>
                </label>
              </th>
            )}
            <th scope="col">State</th>
            <th scope="col">Operation</th>
            <th scope="col">Identity</th>
            <th scope="col">Customer</th>
            <th scope="col" class="number">
              Amount
            </th>
            <th scope="col" class="number">
              Age
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((record) => (
            <Line
              key={record.id}
              record={record}
              isMarked={marked.has(record.id)}
              onMark={decides ? (isMarked) => mark([record.id], isMarked) : undefined}
            />
          ))}
        </tbody>
      </table>
      {decides && picked.length > 0 && (
        <section class="panel decide-many" aria-label="Decide the chosen records">
          <h2>
            Decide {picked.length} {picked.length === 1 ? "record" : "records"}
          </h2>
          <Decide records={picked} onDone={() => void readNow()} />
        </section>
      )}
    </>
  );
}

function Line({
  record,
  isMarked,
  onMark,
}: {
  readonly record: Detail;
  readonly isMarked: boolean;
  readonly onMark: ((isMarked: boolean) => void) | undefined;
}) {
  const now = useNow();
  const age = (now - Date.parse(sentAt(record))) / 1000;
  return (
    <tr>
      {onMark && (
        <td class="pick">
          <input
            type="checkbox"
            aria-label={`Choose ${record.identity}`}
            checked={isMarked}
            onChange={(event) => onMark(event.currentTarget.checked)}
          />
        </td>
      )}
      <td>
        <Badge state={record.state} />
        {record.proposal && !record.proposal.withdrawn && <span class="tag">proposed</span>}
        {record.flagged && <span class="tag">flagged</span>}
      </td>
      <td data-label="Operation">
        <span class="op">{operationTitle(record.operation)}</span>
        <span class="dim"> {providerTitle(record.operation)}</span>
      </td>
      <td data-label="Identity">
        <a class="mono" href={`#/records/${encodeURIComponent(record.id)}`}>
          {record.identity}
        </a>
        {record.failure && <span class="why">{record.failure.detail}</span>}
      </td>
      <td data-label="Customer" class="mono">
        {record.customerId ?? <span class="dim">none</span>}
      </td>
      <td data-label="Amount" class="number">
        {record.amount ?? <span class="dim">none</span>}
      </td>
      <td data-label="Age" class="number">
        {span(age)}
      </td>
    </tr>
  );
}

function Found({ asked }: { readonly asked: string }) {
  const { data, error, isLoading, again } = usePolled(`search ${asked}`, () => search(asked, finders), 0);
  if (isLoading) return <Loading what="what has this id" />;
  if (error) return <Trouble error={error} onAgain={again} />;
  if (data === undefined || data.length === 0)
    return (
      <Empty title="No record has this id">
        <p>
          Looked for as a record's id, a merchantTransactionId, a referenceNo, a customer's id, an
          Idempotency-Key of your own, and as the identity or transaction of everything unfinished. A
          provider's transaction that is settled is in its customer's list; another caller's key takes "gw
          records --key".
        </p>
      </Empty>
    );
  return (
    <table class="records found">
      <caption class="unseen">Records found for {asked}</caption>
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Operation</th>
          <th scope="col">Identity</th>
          <th scope="col" class="number">
            Amount
          </th>
          <th scope="col" class="number">
            Begun
          </th>
        </tr>
      </thead>
      <tbody>
        {data.map((row) => (
          <tr key={row.id}>
            <td>
              <Badge state={row.state} />
            </td>
            <td data-label="Operation">{operationTitle(row.operation)}</td>
            <td data-label="Identity">
              <a class="mono" href={`#/records/${encodeURIComponent(row.id)}`}>
                {row.identity ?? row.id}
              </a>
              {row.identity !== undefined && <span class="why mono">{short(row.id, 20)}</span>}
            </td>
            <td data-label="Amount" class="number">
              {row.amount ?? <span class="dim">none</span>}
            </td>
            <td data-label="Begun" class="number">
              {span((Date.now() - Date.parse(row.createdAt)) / 1000)} ago
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Nothing where the gateway does not know it; every other refusal is told. */
async function orNothing<T>(asking: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof Refused && (error.status === 404 || error.status === 400)) return [];
    throw error;
  }
}

const rows = (path: string): Promise<readonly Row[]> =>
  orNothing(gateway<Page<Row>>(path).then(({ result }) => result));

const finders: Finders<Row> = {
  byRecord: (id) =>
    orNothing(
      gateway<{ readonly record: Detail }>(`/v1/records/${encodeURIComponent(id)}`).then(({ record }) => [
        record,
      ]),
    ),
  by: (query) => rows(`/v1/records?${new URLSearchParams(query)}`),
  unfinished: async () => {
    const found: Detail[] = [];
    for (const state of lists) found.push(...(await unfinished(state)).result);
    return found;
  },
  keyed: async () =>
    operationsIn(await ask<Contract>("/console/openapi.json"))
      .filter(({ identityBy }) => identityBy === "idempotency-key")
      .map(({ path }) => path.replace("/v1/", "")),
};
