import { useState } from "preact/hooks";
import { gateway, here, Refused, send } from "./api.ts";
import { usePolled } from "./hooks.ts";
import { Empty, Loading, Trouble } from "./parts.tsx";
import type { Day, Page } from "./shapes.ts";
import { date, operationTitle, short } from "./words.tsx";

const states = {
  looking: "A later run goes on",
  agrees: "List and records agree",
  differs: "List and records differ",
  incomplete: "No difference, and not all could be looked at or proven",
} as const satisfies Readonly<Record<Day["state"], string>>;

/** The providers' own lists against our records, a panel for each day. */
export function Books() {
  const { data, error, again } = usePolled("books", () => gateway<Page<Day>>("/v1/books"), 30_000);
  const isOff = error instanceof Refused && error.status === 404;
  return (
    <>
      <header class="head">
        <h1>The provider's books</h1>
        {here().kind === "local" && !isOff && <LookNow onDone={again} />}
      </header>
      {isOff ? (
        <Empty title="The books are switched off">
          <p>
            With the context value books: on, the provider's lists are compared with the records every day.
          </p>
        </Empty>
      ) : error ? (
        <Trouble error={error} onAgain={again} />
      ) : data === undefined ? (
        <Loading what="the books" />
      ) : data.result.length === 0 ? (
        <Empty title="Nobody has looked at the books yet">
          <p>Yesterday is looked at from two hours after midnight on, in the provider's zone.</p>
        </Empty>
      ) : (
        data.result.map((day) => <DayPanel key={`${day.provider} ${day.date}`} day={day} />)
      )}
    </>
  );
}

function LookNow({ onDone }: { readonly onDone: () => void }) {
  const [said, setSaid] = useState("");
  const look = async () => {
    setSaid("Looking");
    const { status } = await send("/console/books", { method: "POST", body: {} });
    setSaid(status === 200 ? "" : "It could not be looked at");
    onDone();
  };
  return (
    <p>
      <button type="button" onClick={look} disabled={said === "Looking"}>
        Look at today now
      </button>{" "}
      <span role="status">{said}</span>
    </p>
  );
}

function DayPanel({ day }: { readonly day: Day }) {
  const { provider, state, customers, records, movements, sums, differences, notProven } = day;
  const id = `day-${provider}-${day.date}`;
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>
        {date(day.date)}, {here().titles[provider] ?? provider}: {states[state]}
      </h2>
      <dl class="figures">
        <Figure name="Differences" value={String(differences.count)} />
        <Figure name="Customers looked at" value={`${customers.lookedAt} of ${customers.found}`} />
        <Figure name="Records borne out" value={String(records.borneOut)} />
        <Figure name="Movements explained" value={`${movements.explained} of ${movements.shown}`} />
        <Figure name="Open" value={String(records.open)} />
        <Figure name="Not proven" value={String(records.notProven)} />
        <Figure name="Credits, rupees" value={sums.credits} />
        <Figure name="Debits, rupees" value={sums.debits} />
      </dl>
      {differences.shown.length > 0 && <Differences rows={differences.shown} />}
      {notProven.length > 0 && (
        <details>
          <summary>Not proven</summary>
          <ul>
            {notProven.map((why) => (
              <li key={why}>{why}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

const Figure = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);

const Differences = ({ rows }: { readonly rows: Day["differences"]["shown"] }) => (
  <table>
    <caption class="unseen">Differences</caption>
    <thead>
      <tr>
        <th scope="col">Says</th>
        <th scope="col">Customer</th>
        <th scope="col">Record</th>
        <th scope="col" class="number">
          Rupees
        </th>
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => (
        <tr key={`${row.recordId} ${row.movement} ${row.customerId}`}>
          <td>
            {row.says}
            {row.movement !== undefined && <span class="why">{row.movement}</span>}
          </td>
          <td data-label="Customer" class="mono">
            <a href={`#/records?id=${encodeURIComponent(row.customerId)}`}>{row.customerId}</a>
          </td>
          <td data-label="Record">
            {row.recordId === undefined ? (
              "none"
            ) : (
              <a href={`#/records/${encodeURIComponent(row.recordId)}`}>
                {operationTitle(row.operation ?? "")} {short(row.identity ?? "", 24)}
              </a>
            )}
          </td>
          <td data-label="Rupees" class="number">
            {row.amount ?? ""}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
