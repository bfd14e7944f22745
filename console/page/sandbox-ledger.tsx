import { ask } from "./api.ts";
import { usePolled } from "./hooks.ts";
import { Empty, Loading, Trouble } from "./parts.tsx";
import { Time } from "./words.tsx";

interface Effect {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly merchantTransactionId: string | null;
  readonly transactionId: string | null;
  readonly amountPaise: string | number | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly customerId: string | null;
}

interface Shown {
  readonly effects: readonly Effect[];
  readonly customers: readonly {
    readonly customerId: string;
    readonly active: boolean;
    readonly balancePaise: string;
  }[];
}

/** The customer of the first calls. The sandbox has a hundred more, each for one fault. */
const sandboxCustomer = "991000017";

/** The customers that something has happened to, and the one of the first calls. */
function touched({ effects, customers }: Shown): Shown["customers"] {
  const named = new Set(effects.flatMap(({ from, to, customerId }) => [from, to, customerId]));
  return customers.filter((each) => each.customerId === sandboxCustomer || named.has(each.customerId));
}

/** Paise as rupees, by digits alone. */
export function rupees(paise: string | number): string {
  const digits = String(paise).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** What AggrePay's sandbox holds: the balances, and the latest effects. */
export function Ledger() {
  const { data, error, again } = usePolled(
    "ledger",
    () => ask<Shown>("/console/sandbox/aggrepay/ledger"),
    2_000,
  );
  const money = data?.effects.filter(({ amountPaise }) => amountPaise !== null).slice(-6) ?? [];
  return (
    <section class="panel" aria-labelledby="ledger">
      <h2 id="ledger">Ledger</h2>
      {error && <Trouble error={error} onAgain={again} />}
      {data === undefined ? (
        !error && <Loading what="the ledger" />
      ) : (
        <>
          <dl class="balances">
            {touched(data).map(({ customerId, balancePaise, active }) => (
              <div key={customerId} class="fact">
                <dt class="mono">
                  {customerId} {!active && <span class="tag">inactive</span>}
                </dt>
                <dd class="number">{rupees(balancePaise)}</dd>
              </div>
            ))}
          </dl>
          {money.length === 0 ? (
            <Empty title="No money has moved" />
          ) : (
            <table class="effects">
              <caption>The latest that moved money, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">Time</th>
                  <th scope="col">Kind</th>
                  <th scope="col">Id</th>
                  <th scope="col" class="number">
                    Amount
                  </th>
                </tr>
              </thead>
              <tbody>
                {money.toReversed().map((effect) => (
                  <tr key={effect.seq}>
                    <td data-label="Time">
                      <Time at={new Date(effect.at).toISOString()} />
                    </td>
                    <td data-label="Kind">{effect.kind}</td>
                    <td data-label="Id" class="mono">
                      {effect.merchantTransactionId}
                    </td>
                    <td data-label="Amount" class="number">
                      {rupees(effect.amountPaise ?? 0)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </>
      )}
    </section>
  );
}
