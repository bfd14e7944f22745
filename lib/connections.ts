import { setImmediate as turn } from "node:timers/promises";
import { type Connected, type Connection, close, connected } from "./connection.ts";
import type { Clock } from "./time.ts";

/** A kept connection that has idled longer may be dead without our kernel knowing; milliseconds. */
const keptMs = 2_000;
/** Taken from what the peer says of its own patience: its goodbye may be on the way. */
const goodbyeMs = 1_000;
const dialMs = 5_000;
/** Kept for one host; one function process serves one request, the reconciler several questions at a time. */
const mostKept = 32;

/** Where a connection comes from. Kept ones are lent to one request at a time. */
export interface Connections {
  /** Begins a connection to that host, to stand when it is needed; nothing where one is kept that will do. */
  dial(url: URL): void;
  /** A kept connection, one that was begun before, or a new one. `isKept` where it has served before. */
  take(url: URL, milliseconds: number): Promise<Connected & { readonly isKept?: boolean }>;
  /** A new one, whatever is kept. */
  fresh(url: URL, milliseconds: number): Promise<Connected>;
  /** Given back after a whole reply; `keepAlive` is the reply's header of that name. Closed where it cannot be kept. */
  giveBack(url: URL, connection: Connection, keepAlive: string | undefined): Promise<void>;
  /** An invocation begins, at that time of the host's clock (milliseconds since 1970). */
  invoked(at: number): void;
  /** The invocation ends: a connection that does not stand yet is given up. */
  rest(): void;
}

/** One moment by each clock. A process can be frozen while any of its own stands still; the host's cannot be. */
interface Moment {
  readonly wall: number;
  readonly monotonic: number;
  readonly host: number | undefined;
}

interface Kept {
  readonly connection: Connection;
  readonly since: Moment;
  readonly limitMs: number;
  /** False once the peer has said anything: nothing was asked, so nothing good. */
  isQuiet(): boolean;
  /** Takes it out of its idleness. */
  wake(): void;
}

interface Dialed {
  readonly ready: Promise<Connected>;
  readonly giveUp: () => void;
  /** Once it stands. */
  idle?: Kept;
}

export function connectionsBy(clock: Clock): Connections {
  const dialed = new Map<string, Dialed[]>();
  const sessions = new Map<string, Buffer>();
  let invocation: { readonly host: number; readonly monotonic: number } | undefined;

  const moment = (): Moment => ({
    wall: clock.now(),
    monotonic: clock.monotonic(),
    host: invocation && invocation.host + clock.monotonic() - invocation.monotonic,
  });
  const kept = keptBy(moment);

  const connect = (url: URL, milliseconds: number, signal?: AbortSignal): Promise<Connected> =>
    connected(url, {
      milliseconds,
      session: sessions.get(url.origin),
      onSession: (session) => sessions.set(url.origin, session),
      ...(signal && { signal }),
    });

  async function takeDialed(origin: string, milliseconds: number): Promise<Connected | undefined> {
    const own = dialed.get(origin)?.shift();
    if (!own) return undefined;
    const timer = setTimeout(own.giveUp, milliseconds);
    const connection = await own.ready;
    clearTimeout(timer);
    if (!own.idle) return connection;
    return (await kept.usable(own.idle)) ? connection : undefined;
  }

  return {
    dial(url) {
      if (kept.hasFresh(url.origin)) return;
      const abort = new AbortController();
      const ready = connect(url, dialMs, abort.signal);
      const own: Dialed = { ready, giveUp: () => abort.abort() };
      ready.then((connection) => {
        if (!("why" in connection)) own.idle = idle(connection, moment(), keptMs);
      });
      const all = dialed.get(url.origin) ?? [];
      dialed.set(url.origin, [...all, own]);
    },

    async take(url, milliseconds) {
      const used = await kept.take(url.origin);
      if (used) return { ...used, isKept: true };
      return (await takeDialed(url.origin, milliseconds)) ?? connect(url, milliseconds);
    },

    fresh: connect,

    async giveBack(url, connection, keepAlive) {
      // A reply may be there before its request is known to be written whole.
      if (!connection.agent.isFree) await turn();
      const limitMs = Math.min(keptMs, patienceOf(keepAlive));
      if (limitMs <= 0 || !connection.agent.isFree) return close(connection);
      kept.add(url.origin, idle(connection, moment(), limitMs));
    },

    invoked(at) {
      invocation = { host: at, monotonic: clock.monotonic() };
    },

    rest() {
      for (const [origin, all] of dialed)
        for (const each of all)
          if (each.idle) kept.add(origin, each.idle);
          else each.giveUp();
      dialed.clear();
    },
  };
}

/** The connections that idle, by the origin of their host. */
function keptBy(moment: () => Moment) {
  const kept = new Map<string, Kept[]>();

  const isFresh = ({ since, limitMs, isQuiet }: Kept): boolean =>
    isQuiet() && idleMs(since, moment()) < limitMs;

  /**
   * Whether it may be used now; if not, it is closed. A full turn of the event loop shows what the kernel knows of it: an end,
   * an error, bytes. The first `turn` may come before the loop has looked at its sockets.
   */
  async function usable(candidate: Kept): Promise<boolean> {
    if (isFresh(candidate)) {
      await turn();
      await turn();
    }
    const isUsable = isFresh(candidate);
    candidate.wake();
    if (!isUsable) close(candidate.connection);
    return isUsable;
  }

  return {
    usable,
    hasFresh: (origin: string): boolean => kept.get(origin)?.some(isFresh) === true,

    async take(origin: string): Promise<Connection | undefined> {
      const all = kept.get(origin) ?? [];
      for (let candidate = all.pop(); candidate; candidate = all.pop())
        if (await usable(candidate)) return candidate.connection;
      return undefined;
    },

    add(origin: string, candidate: Kept): void {
      const all = kept.get(origin) ?? [];
      kept.set(origin, all);
      all.push(candidate);
      if (all.length > mostKept) discard(all.shift());
      // A process that is not frozen has no use for it either, later.
      setTimeout(() => {
        const at = all.indexOf(candidate);
        if (at >= 0) discard(all.splice(at, 1)[0]);
      }, candidate.limitMs).unref();
    },
  };
}

/** The longest that has passed by any clock; a clock that was set back proves nothing. */
function idleMs(since: Moment, now: Moment): number {
  const wall = now.wall - since.wall;
  const host = since.host === undefined || now.host === undefined ? 0 : now.host - since.host;
  if (wall < 0) return Number.POSITIVE_INFINITY;
  return Math.max(wall, now.monotonic - since.monotonic, host);
}

/** Of `Keep-Alive: timeout=5, max=100`: how long the peer waits for a next request, with room for its goodbye. */
function patienceOf(keepAlive = ""): number {
  if (requestsLeft.exec(keepAlive)?.[1] === "0") return 0;
  const timeout = patience.exec(keepAlive)?.[1];
  return timeout === undefined ? Number.POSITIVE_INFINITY : Number(timeout) * 1_000 - goodbyeMs;
}
const requestsLeft = /(?:^|[,\s])max\s*=\s*"?(\d+)/i;
const patience = /(?:^|[,\s])timeout\s*=\s*"?(\d+)/i;

/**
 * Watches a connection while it is not in use, without keeping the process alive for it. Unexpected bytes end it: of
 * one that has served, Node's agent sees them; of one that has not, they wait to be read, and would be taken for the reply.
 */
function idle(connection: Connection, since: Moment, limitMs: number): Kept {
  const { socket, tcp } = connection;
  let isQuiet = true;
  const onSaid = () => {
    isQuiet = false;
    close(connection);
  };
  const events = ["end", "error", "close"] as const;
  for (const event of events) socket.on(event, onSaid);
  for (const each of [socket, tcp]) each.unref();
  return {
    connection,
    since,
    limitMs,
    isQuiet: () => isQuiet && !socket.destroyed && socket.writable && socket.readableLength === 0,
    wake() {
      for (const event of events) socket.off(event, onSaid);
      for (const each of [socket, tcp]) each.ref();
    },
  };
}

function discard(candidate: Kept | undefined): void {
  if (!candidate) return;
  candidate.wake();
  close(candidate.connection);
}
