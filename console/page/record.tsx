import type { ComponentChildren } from "preact";
import { gateway, here } from "./api.ts";
import { Decide } from "./decide.tsx";
import { Guidance } from "./guidance.tsx";
import { turnMs, useNow, usePolled } from "./hooks.ts";
import { Code, Copy, jsonText, Loading, Trouble } from "./parts.tsx";
import { SandboxCalls } from "./sandbox-calls.tsx";
import type { Detail } from "./shapes.ts";
import { type Moment, storyOf } from "./story.ts";
import { noteInquiry, useWatched } from "./watch.ts";
import { Badge, date, operationTitle, providerTitle, span, states, Time } from "./words.tsx";

const isOpen = ({ state, flagged }: Detail): boolean =>
  state === "dispatched" || state === "in_doubt" || state === "needs_attention" || flagged !== null;

/** One record from its claim to its end. */
export function Record({ id }: { readonly id: string }) {
  const read = async () => {
    const { record } = await gateway<{ readonly record: Detail }>(`/v1/records/${encodeURIComponent(id)}`);
    noteInquiry(record);
    return record;
  };
  const { data: record, error, again } = usePolled(id, read, turnMs());
  return (
    <>
      <p class="crumbs">
        <a href="#/records">Records</a> <span aria-hidden="true">/</span> <span class="mono">{id}</span>
      </p>
      {error && <Trouble error={error} onAgain={again} />}
      {record === undefined ? (
        !error && <Loading what="the record" />
      ) : (
        <Life record={record} onChange={again} />
      )}
    </>
  );
}

function Life({ record, onChange }: { readonly record: Detail; readonly onChange: () => void }) {
  const waits = record.state === "needs_attention" || record.flagged !== null;
  return (
    <article class="life">
      <header class="head">
        <h1>
          {operationTitle(record.operation)} <span class="mono">{record.identity}</span>
        </h1>
        <span role="status" class="live-state">
          <Badge state={record.state} />
        </span>
      </header>
      <p class="lead">{record.flagged ?? states[record.state].says}</p>
      <div class="columns">
        <div class="main-column">
          {waits && <Waiting record={record} onChange={onChange} />}
          <section class="panel" aria-labelledby="story">
            <h2 id="story">Time line</h2>
            <Story record={record} />
          </section>
          {here().kind === "local" && <SandboxCalls record={record} />}
        </div>
        <aside class="side-column" aria-label="Facts of the record">
          <Facts record={record} />
        </aside>
      </div>
    </article>
  );
}

function Waiting({ record, onChange }: { readonly record: Detail; readonly onChange: () => void }) {
  return (
    <section class="panel attention" aria-labelledby="decide">
      <h2 id="decide">
        {record.waits === "provider" ? "Listed by age, and still asked about" : "A person decides"}
      </h2>
      <Guidance record={record} />
      <Decide records={[record]} onDone={onChange} />
    </section>
  );
}

function Story({ record }: { readonly record: Detail }) {
  const now = useNow();
  const seen = useWatched().inquiries.get(record.id) ?? [];
  const story = storyOf(record, seen, now);
  return (
    <ol class="story">
      {story.map((moment) => (
        <Line key={`${moment.at} ${moment.title}`} moment={moment} now={now} />
      ))}
    </ol>
  );
}

function Line({ moment, now }: { readonly moment: Moment; readonly now: number }) {
  const { at, title, detail, tone, event } = moment;
  const ahead = (Date.parse(at) - now) / 1000;
  return (
    <li class={`moment ${tone}`}>
      <div class="when">
        {tone === "next" ? ahead > 1 ? <>in {span(ahead)}</> : "soon" : <Time at={at} />}
      </div>
      <div class="what">
        <p class="title">
          {title}
          {event && <span class="tag">{event}</span>}
        </p>
        {detail && <p class="detail">{detail}</p>}
      </div>
    </li>
  );
}

function Facts({ record }: { readonly record: Detail }) {
  const { inquiries, result, operation } = record;
  return (
    <section class="panel facts">
      <h2>Facts</h2>
      <dl>
        <Fact name="Provider">{providerTitle(operation)}</Fact>
        {record.amount !== null && (
          <Fact name="Amount">
            <strong class="amount">{record.amount}</strong>
          </Fact>
        )}
        {record.customerId !== null && (
          <Fact name="Customer">
            <a class="mono" href={`#/records?id=${record.customerId}`}>
              {record.customerId}
            </a>
          </Fact>
        )}
        <Fact name="Begun">
          {date(record.createdAt)}, <Time at={record.createdAt} />
        </Fact>
        {isOpen(record) && <Fact name="Age">{span(record.ageSeconds)}</Fact>}
        <Fact name="Attempt">{record.attempt}</Fact>
        <Fact name="Inquiries">{inquiries}</Fact>
        <Fact name="Sent to">
          <span class="mono">{record.host}</span>
        </Fact>
        <Fact name="Caller">
          <span class="mono">{record.caller}</span>
        </Fact>
        {isBinding(record) && (
          <Fact name="User token">
            {record.bound ? "Held, sealed, and hidden here" : "None: no notification has bound the account"}
          </Fact>
        )}
        {result !== null && (
          <Fact name="Result">
            <Code text={jsonText(result)} />
          </Fact>
        )}
      </dl>
      <details>
        <summary>As JSON</summary>
        <Copy text={jsonText(record)} label="Copy JSON" />
        <Code text={jsonText(record)} />
      </details>
    </section>
  );
}

const isBinding = ({ operation }: Detail): boolean => operation.startsWith("nicepay/");

const Fact = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <div class="fact">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
