import { useState } from "preact/hooks";
import { ask } from "./api.ts";
import { usePolled } from "./hooks.ts";
import { Empty, Loading, Select, Trouble } from "./parts.tsx";

interface Bindings {
  readonly bindings: readonly {
    readonly referenceNo: string;
    readonly tXid: string;
    readonly loggedIn: boolean;
    readonly revoked: boolean;
  }[];
}

/** How the notification is made; each is an order of the sandbox's `POST /sandbox/notify`. */
const kinds = [
  { value: "right", title: "As NICEPAY sends it", order: {} },
  { value: "form", title: "As a form", order: { as: "form" } },
  { value: "twice", title: "Twice", order: { times: 2 } },
  { value: "unsigned", title: "With a wrong signature", order: { sign: false } },
  {
    value: "phone",
    title: "With another phone, signed before",
    order: { sign: "before", overrides: { billingPhone: "+62811999888" } },
  },
  {
    value: "key",
    title: "With another clientUserKey",
    order: { overrides: { clientUserKey: "somebody-else" } },
  },
] as const;

interface Sent {
  readonly to: string;
  readonly statuses: readonly (number | null)[];
}

/** Notifications of NICEPAY, right and forged. */
export function Notifications() {
  const read = () => ask<Bindings>("/console/sandbox/nicepay/ledger");
  const { data, error, again } = usePolled("bindings", read, 2_000);
  const [referenceNo, setReferenceNo] = useState("");
  const [kind, setKind] = useState<string>("right");
  const [sent, setSent] = useState<Sent>();
  const [refused, setRefused] = useState<Error>();
  const names = data?.bindings.map((each) => each.referenceNo).toReversed() ?? [];
  const chosen = names.includes(referenceNo) ? referenceNo : (names[0] ?? "");
  const send = async () => {
    setSent(undefined);
    try {
      const order = kinds.find(({ value }) => value === kind)?.order;
      setSent(
        await ask<Sent>("/console/sandbox/nicepay/notify", {
          method: "POST",
          body: { referenceNo: chosen, ...order },
        }),
      );
      setRefused(undefined);
    } catch (failure) {
      setRefused(failure as Error);
    }
  };
  return (
    <section class="panel" aria-labelledby="notify">
      <h2 id="notify">Notifications</h2>
      {error && <Trouble error={error} onAgain={again} />}
      {data === undefined ? (
        !error && <Loading what="registrations" />
      ) : names.length === 0 ? (
        <Empty title="Nothing is registered">
          <p>A notification follows a registration: nicepay/register-account-binding.</p>
        </Empty>
      ) : (
        <form
          class="stacked"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <Select
            label="Registration"
            value={chosen}
            options={names.map((value) => ({ value, title: value }))}
            onChange={setReferenceNo}
          />
          <Select label="Notification" value={kind} options={kinds} onChange={setKind} />
          <button type="submit" class="primary">
            Send
          </button>
        </form>
      )}
      {refused && <Trouble error={refused} />}
      <p role="status">
        {sent && `The gateway answered ${sent.statuses.map((status) => status ?? "nothing").join(", ")}.`}
      </p>
    </section>
  );
}
