import type { LambdaFunction } from "../local/assembly.ts";
import { type LambdaProcess, type Outcome, startProcess } from "../local/lambda/process.ts";
import { openStoreDoor, type StoreDoor } from "./store-door.ts";

/** One execution environment, and its own way to the table. */
export interface Member {
  readonly process: LambdaProcess;
  readonly store: StoreDoor;
}

/** The execution environments of one function: one request at a time each, as many as are wanted at once. */
export interface Fleet {
  /** So many processes that have answered once, before anything is measured. */
  warm(count: number, eventAt: (place: number) => string): Promise<void>;
  /** `prepare` is given the process that will serve, before it is told anything. */
  invoke(event: string, prepare?: (member: Member) => Promise<void>): Promise<Outcome>;
  pids(): readonly number[];
  memberOf(pid: number): Member | undefined;
  close(): void;
}

export interface FleetOptions {
  readonly lambda: LambdaFunction;
  readonly worker: string;
  readonly compileCache: string;
  readonly storeUrl: string;
  readonly onLine: (text: string) => void;
}

const credentials = { accessKeyId: "local", secretAccessKey: "local", sessionToken: "local" };

export function openFleet({ lambda, worker, compileCache, storeUrl, onLine }: FleetOptions): Fleet {
  const members = new Set<Member>();
  /** The most recent last: it is used again first, as Lambda does. */
  const idle: Member[] = [];
  let count = 0;

  async function start(): Promise<Member> {
    const store = await openStoreDoor(storeUrl);
    const environment = { ...lambda.environment, AWS_ENDPOINT_URL_DYNAMODB: store.url };
    const log = { line: onLine, stream: (source: NodeJS.ReadableStream) => source.resume() };
    const process = startProcess({ ...lambda, environment }, { worker, compileCache, credentials }, log);
    const member = { process, store };
    members.add(member);
    void process.ended.then(() => {
      store.close();
      members.delete(member);
    });
    await process.initialized;
    return member;
  }

  async function free(): Promise<Member> {
    for (let member = idle.pop(); member !== undefined; member = idle.pop())
      if (member.process.alive) return member;
    return start();
  }

  return {
    async warm(wanted, eventAt) {
      const warmed = await Promise.all(
        Array.from({ length: wanted }, async (_, place) => {
          const member = await start();
          await member.process.invoke(`warm-up-${place}`, eventAt(place));
          return member;
        }),
      );
      idle.push(...warmed);
    },
    async invoke(event, prepare) {
      const member = await free();
      await prepare?.(member);
      count += 1;
      const outcome = await member.process.invoke(`challenge-${count}`, event);
      if (member.process.alive) idle.push(member);
      return outcome;
    },
    pids: () => [...members].flatMap(({ process }) => process.pid ?? []),
    memberOf: (wanted) => [...members].find(({ process }) => process.pid === wanted),
    close() {
      for (const { process } of members) process.kill();
    },
  };
}
