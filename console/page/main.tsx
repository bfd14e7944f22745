import { type ComponentChildren, render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, here, keepSetup, takeKey } from "./api.ts";
import { Doubt } from "./doubt.tsx";
import { type Place, usePlace } from "./hooks.ts";
import { Later } from "./later.tsx";
import { Empty, Loading, Trouble } from "./parts.tsx";
import { Record } from "./record.tsx";
import { Records } from "./records.tsx";
import { SandboxView } from "./sandbox.tsx";
import type { Setup } from "./shapes.ts";
import { applyTheme, ThemeChoice } from "./theme.tsx";
import { showUnseen } from "./unseen.ts";
import { useWatched } from "./watch.ts";

interface View {
  readonly path: string;
  readonly title: string;
  readonly isThere: (setup: Setup) => boolean;
  readonly show: (place: Place) => ComponentChildren;
}

const always = () => true;

const views: readonly View[] = [
  {
    path: "records",
    title: "Records",
    isThere: always,
    show: (place) => {
      const [, id] = place.parts;
      return id === undefined ? <Records place={place} /> : <Record key={id} id={id} />;
    },
  },
  {
    path: "books",
    title: "Books",
    isThere: always,
    show: () => (
      <Later what="the books" load={() => import("./books.tsx")}>
        {({ Books }) => <Books />}
      </Later>
    ),
  },
  { path: "doubt", title: "Doubt at a glance", isThere: always, show: () => <Doubt /> },
  {
    path: "sandbox",
    title: "Sandbox",
    isThere: ({ sandboxes }) => sandboxes.length > 0,
    show: (place) => <SandboxView place={place} />,
  },
  {
    path: "reference",
    title: "Reference",
    isThere: always,
    show: (place) => (
      <Later what="the reference" load={() => import("./reference.tsx")}>
        {({ Reference }) => <Reference place={place} />}
      </Later>
    ),
  },
  {
    path: "inspector",
    title: "Inspector",
    isThere: always,
    show: () => (
      <Later what="the inspector" load={() => import("./inspector.tsx")}>
        {({ Inspector }) => <Inspector />}
      </Later>
    ),
  },
];

function Shell() {
  const place = usePlace();
  const [first = "records"] = place.parts;
  const there = views.filter(({ isThere }) => isThere(here()));
  const view = there.find(({ path }) => path === first);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const where = place.parts.join("/");
  useEffect(() => {
    document.title = `${view?.title ?? "Not found"} - Wallet gateway`;
    // The reader of a new view begins at its top; the first one is where the browser begins anyway.
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus();
    scrollTo(0, 0);
  }, [where]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="#/records">
          <img src="/console/icon.svg" alt="" width="24" height="24" />
          Wallet gateway
        </a>
        <nav class="views" aria-label="Views">
          {there.map(({ path, title }) => (
            <a key={path} href={`#/${path}`} aria-current={path === first ? "page" : undefined}>
              {title}
              {path === "records" && <Waits />}
            </a>
          ))}
        </nav>
        <Where />
        <ThemeChoice />
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        {view ? view.show(place) : <Empty title="There is no such view" />}
      </main>
    </>
  );
}

/** How much waits for a person, wherever one is. */
function Waits() {
  const count = useWatched().lists?.needs_attention.length ?? 0;
  return count === 0 ? null : (
    <span class="count attention-count">
      {count}
      <span class="unseen"> need attention</span>
    </span>
  );
}

function Where() {
  const { gateway, kind, signedAs } = here();
  return (
    <p class="where">
      <span class={`kind ${kind}`}>{kind}</span>
      <span class="mono">{gateway.replace(/^https?:\/\//, "")}</span>
      {signedAs !== null && <span class="dim"> as {signedAs}</span>}
    </p>
  );
}

function App() {
  const [state, setState] = useState<"loading" | "ready" | Error>("loading");
  const begin = () => {
    setState("loading");
    ask<Setup>("/console/setup").then(
      (setup) => {
        keepSetup(setup);
        setState("ready");
      },
      (error: Error) => setState(error),
    );
  };
  useEffect(begin, []);
  if (state === "ready") return <Shell />;
  return (
    <main class="boot">
      {state === "loading" ? <Loading what="the console" /> : <Trouble error={state} onAgain={begin} />}
    </main>
  );
}

takeKey();
applyTheme();
showUnseen();
const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  render(<App />, root);
}
