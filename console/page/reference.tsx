import { useState } from "preact/hooks";
import { ask, here } from "./api.ts";
import {
  type Contract,
  type Field,
  fieldsOf,
  type Operation,
  operationsIn,
  sandboxBody,
} from "./contract.ts";
import { type Place, usePolled } from "./hooks.ts";
import { Choices, Code, Copy, Empty, jsonText, Loading, Trouble } from "./parts.tsx";
import { Inline, Prose } from "./prose.tsx";
import { type Language, languages, snippetOf } from "./snippets.ts";
import { TryIt } from "./try-it.tsx";

/** What each route takes and answers, from the contract. */
export function Reference({ place }: { readonly place: Place }) {
  const { data, error, again } = usePolled("contract", () => ask<Contract>("/console/openapi.json"), 0);
  if (error) return <Trouble error={error} onAgain={again} />;
  if (data === undefined) return <Loading what="the reference" />;
  return <Whole contract={data} id={place.parts[1]} />;
}

function Whole({ contract, id }: { readonly contract: Contract; readonly id: string | undefined }) {
  const operations = operationsIn(contract);
  const shown = operations.find((operation) => operation.id === id);
  return (
    <div class="reference">
      <Contents operations={operations} shown={shown} />
      {shown === undefined ? (
        <div>
          <h1>Reference</h1>
          <Empty title="Choose an operation">
            <p>Its fields, its answer, every problem, and the call in four languages.</p>
          </Empty>
        </div>
      ) : (
        <One key={shown.id} contract={contract} operation={shown} />
      )}
    </div>
  );
}

function Contents({
  operations,
  shown,
}: {
  readonly operations: readonly Operation[];
  readonly shown: Operation | undefined;
}) {
  const [only, setOnly] = useState("");
  const words = only.toLowerCase().split(/\s+/);
  const found = operations.filter(({ name, summary }) =>
    words.every((word) => `${name} ${summary}`.toLowerCase().includes(word)),
  );
  return (
    <nav class="contents" aria-label="Operations">
      <label class="unseen" for="only">
        Filter operations
      </label>
      <input
        id="only"
        type="search"
        placeholder="Filter operations"
        value={only}
        onInput={(event) => setOnly(event.currentTarget.value)}
      />
      {[...Map.groupBy(found, ({ tag }) => tag)].map(([tag, own]) => (
        <section key={tag} aria-label={here().titles[tag] ?? tag}>
          <h2>{here().titles[tag] ?? tag}</h2>
          <ul>
            {own.map((operation) => (
              <li key={operation.id}>
                <a
                  href={`#/reference/${operation.id}`}
                  aria-current={operation.id === shown?.id ? "page" : undefined}
                >
                  {operation.name.replace(`${tag}/`, "")}
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {found.length === 0 && <p class="dim">No operation has these words.</p>}
    </nav>
  );
}

function One({ contract, operation }: { readonly contract: Contract; readonly operation: Operation }) {
  const { method, path, summary, description, source, access, onlyWith } = operation;
  return (
    <article class="operation">
      <h1>{operation.name}</h1>
      <p class="route">
        <span class="method">{method}</span> <span class="mono">{path}</span>
      </p>
      <p class="lead">{summary}</p>
      <div class="prose">
        <Prose text={description} />
        <p class="dim">
          {access !== undefined && <>Permission: {access}. </>}
          {source !== undefined && <>Source: {source}. </>}
          {onlyWith !== undefined && <>Deployed only where {onlyWith} is on.</>}
        </p>
      </div>
      <Fields title="Parameters" fields={parametersOf(operation)} />
      <Fields title="Fields" fields={fieldsOf(contract, operation.input)} />
      <Calls operation={operation} />
      <Fields title="Answer" fields={fieldsOf(contract, operation.answer)} />
      {operation.answerExample !== undefined && (
        <section class="panel">
          <h2>Example of an answer</h2>
          <Code text={jsonText(operation.answerExample)} />
        </section>
      )}
      <Problems operation={operation} />
    </article>
  );
}

const parametersOf = ({ parameters }: Operation): readonly Field[] =>
  parameters.map(({ name, in: where, required = false, description = "" }) => ({
    path: name,
    isRequired: required,
    rule: where,
    says: description,
    providerName: undefined,
  }));

function Fields({ title, fields }: { readonly title: string; readonly fields: readonly Field[] }) {
  if (fields.length === 0) return null;
  const isNamed = fields.some(({ providerName }) => providerName !== undefined);
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      <table class="schema">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Form</th>
            <th scope="col">What it is</th>
            {isNamed && <th scope="col">At the provider</th>}
          </tr>
        </thead>
        <tbody>
          {fields.map(({ path, isRequired, rule, says, providerName }) => (
            <tr key={path}>
              <th scope="row">
                <span class="mono">{path}</span>
                {!isRequired && <small> optional</small>}
              </th>
              <td data-label="Form" class="dim">
                {rule}
              </td>
              <td data-label="What it is">
                <Inline text={says} />
              </td>
              {isNamed && (
                <td data-label="Provider" class="mono dim">
                  {providerName}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The call as it is copied, and beside a sandbox as it is sent. */
function Calls({ operation }: { readonly operation: Operation }) {
  const [id] = useState(() => `try-${Date.now().toString(36)}`);
  const [language, setLanguage] = useState<Language>("curl");
  const { gateway, kind } = here();
  const example = operation.example && sandboxBody(operation, id);
  const text = snippetOf(language, {
    method: operation.method,
    url: gateway + exampleTarget(operation),
    headers: {
      ...(example && { "content-type": "application/json" }),
      ...(operation.identityBy === "idempotency-key" && { "idempotency-key": id }),
    },
    body: example && JSON.stringify(example),
    signed: kind === "deployed",
  });
  return (
    <>
      <section class="panel" aria-labelledby="call">
        <header class="head">
          <h2 id="call">The call</h2>
          <Choices
            legend="Language"
            name="language"
            value={language}
            choices={languages.map((value) => ({ value, title: value }))}
            onChange={(value) => setLanguage(languages.find((each) => each === value) ?? "curl")}
          />
          <Copy text={text} />
        </header>
        <Code text={text} />
      </section>
      {kind === "local" && (
        <TryIt operation={operation} target={exampleTarget(operation)} body={example} id={id} />
      )}
    </>
  );
}

/** The path with an example for each parameter that it needs, and of a list the first way to ask. */
function exampleTarget({ path, parameters, id }: Operation): string {
  const whole = parameters
    .filter(({ in: where }) => where === "path")
    .reduce((text, { name, example }) => text.replace(`{${name}}`, String(example ?? name)), path);
  return id === "recordsList" ? `${whole}?state=needs_attention` : whole;
}

const Problems = ({ operation }: { readonly operation: Operation }) => (
  <section class="panel" aria-labelledby="problems">
    <h2 id="problems">Problems</h2>
    <table class="schema">
      <thead>
        <tr>
          <th scope="col">Code</th>
          <th scope="col">Status</th>
          <th scope="col">Retry</th>
          <th scope="col">What happened</th>
          <th scope="col">What to do</th>
        </tr>
      </thead>
      <tbody>
        {operation.problems.map(({ status, code, problem }) => (
          <tr key={`${status} ${code}`}>
            <th scope="row" class="mono">
              {code === "" ? "API Gateway's own" : code}
            </th>
            <td data-label="Status">{status}</td>
            <td data-label="Retry" class="mono">
              {problem?.retry.join(", ")}
            </td>
            <td data-label="What happened">
              <Inline text={problem?.meaning ?? ""} />
            </td>
            <td data-label="What to do">
              <Inline text={problem?.caller ?? ""} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);
