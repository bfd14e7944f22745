import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { here } from "./api.ts";

export interface Polled<T> {
  readonly data: T | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
  /** Asks now, and not at the next turn. */
  readonly again: () => void;
}

/** How often a list is read again: a deployed one costs its owner reads of the table. */
export const turnMs = (): number => (here().kind === "local" ? 2_000 : 15_000);

/** Reads at once and then at every turn while the page is seen. `key` says what is read; a new one begins anew. */
export function usePolled<T>(key: string, read: () => Promise<T>, everyMs: number): Polled<T> {
  const [held, setHeld] = useState<{ key: string; data?: T; error?: Error }>({ key });
  const [turn, setTurn] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      if (document.hidden) return wait();
      try {
        const data = await latest.current();
        if (!isOver) setHeld({ key, data });
      } catch (error) {
        if (!isOver)
          setHeld((before) => ({ ...(before.key === key ? before : { key }), error: error as Error }));
      }
      wait();
    };
    const wait = () => {
      if (!isOver && everyMs > 0) timer = setTimeout(run, everyMs);
    };
    void run();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key, turn, everyMs]);
  const current = held.key === key ? held : { key };
  return {
    data: current.data,
    error: current.error,
    isLoading: current.data === undefined && current.error === undefined,
    again: useCallback(() => setTurn((n) => n + 1), []),
  };
}

/** The part of the address behind the `#`, split: `["records", "<id>"]`, and its query. */
export interface Place {
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return {
    parts: path.split("/").filter(Boolean).map(decodeURIComponent),
    query: new URLSearchParams(query),
  };
}

export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    // `#main` is where the skip link leads: another part of the same place.
    const changed = () => {
      if (location.hash !== "#main") setHash(location.hash);
    };
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return placeOf(hash);
}

/** Writes the query of the present place, without another entry in the browser's history. */
export function setQuery(path: string, values: Readonly<Record<string, string>>): void {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ""));
  const text = query.toString();
  history.replaceState(null, "", `#/${path}${text === "" ? "" : `?${text}`}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Now, told again every second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
