import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { resolve as settle } from "../../lib/operation/resolve.ts";
import { currentIn, isUnmoved } from "../../lib/records/anchor.ts";
import { boundTXidIs, tXidIs } from "../../lib/records/binding.ts";
import {
  attemptIs,
  has,
  isDispatched,
  isInDoubtAt,
  isNew,
  isNobodysTurn,
  isStill,
  lacks,
  ownerIs,
  stateIn,
  stateIs,
  turnIs,
  waitsForProvider,
} from "../../lib/records/clauses.ts";
import { proposalIs } from "../../lib/records/proposal.ts";
import { N, S } from "../../lib/records/record.ts";
import { isBelow } from "../../lib/records/stray.ts";
import type { Treatment } from "./provider.ts";
import { type Command, type CommandInput, type Item, nameOf, type Output } from "./store.ts";
import type { AnyChange } from "./subjects.ts";
import type { Without } from "./world.ts";

/** Ways to take a guard away from the product without changing it. */

/** The clauses of the records' conditions. Of each its expression counts here, and none of its values. */
const clauses = {
  "no record": isNew,
  attempt: attemptIs(0),
  state: stateIs("succeeded"),
  "list of states": stateIn([]),
  dispatched: isDispatched,
  "in doubt": isInDoubtAt(0),
  owner: ownerIs(""),
  turn: turnIs(""),
  "nobody's turn": isNobodysTurn(0),
  due: isStill("due", N(0)),
  listed: has("due"),
  flagged: has("flagged"),
  "waits for the provider": waitsForProvider,
  proposal: proposalIs(""),
  "no proposal": proposalIs(undefined),
  "no binding": lacks("binding"),
  tXid: tXidIs(""),
  "tXid of the binding": boundTXidIs(""),
  "no holder": lacks("holder"),
  token: isStill("token", S("")),
  "anchor at 1": isUnmoved(1),
  "anchor at 1 or 2": isUnmoved(1, 2),
  "anchor at 2 or 3": currentIn(2, 3),
  "below the bound": isBelow(0),
};

/** The text of a clause in a condition; the list of states is as long as it may be. */
function textOf(name: keyof typeof clauses): string | RegExp {
  const { expression } = clauses[name];
  return name === "list of states" ? new RegExp(expression.replace("()", "\\([^)]*\\)")) : expression;
}

/** A write has another form than the one that a guard is taken out of. */
class NoSuchClause extends Error {}

/** A guard is of one form of its write; writes of another form stay as they are. */
export function inThatForm(altered: () => CommandInput, input: CommandInput): CommandInput {
  try {
    return altered();
  } catch (error) {
    if (error instanceof NoSuchClause) return input;
    throw error;
  }
}

const made = new Map<string, Without>();

/** What is taken away in one way is one object, whichever schedules need it: by that it is counted once. */
function once(way: string, without: Without): Without {
  const known = made.get(way) ?? without;
  made.set(way, known);
  return known;
}

/** Writes of that name no longer care for some clauses of their condition. */
export const withoutClause = (name: string, ...removed: readonly (keyof typeof clauses)[]): Without =>
  once(`clauses ${name} ${removed}`, {
    command: (written, input) => {
      if (written !== name || input.ConditionExpression === undefined) return input;
      let condition = input.ConditionExpression;
      for (const each of removed) {
        const before = condition;
        condition = condition.replace(
          textOf(each),
          (found) => `(${found} OR attribute_exists(#any) OR attribute_not_exists(#any))`,
        );
        if (condition === before)
          throw new NoSuchClause(`${name} has no clause "${each}": ${input.ConditionExpression}`);
      }
      return {
        ...input,
        ConditionExpression: condition,
        ExpressionAttributeNames: { ...input.ExpressionAttributeNames, "#any": "pk" },
      };
    },
  });

const resolvedBy = (operation: AnyChange, inquiry: object): AnyChange => {
  const altered = { ...operation, inquiry } as AnyChange;
  // What settles doubt is the altered operation, by the product's own code.
  return { ...altered, resolve: (look) => settle(altered, look) };
};

/** An inquiry that is told something else, or means something else. */
export const withInquiry = (change: (inquiry: Record<string, unknown>) => object): Without => ({
  operation: (operation) => resolvedBy(operation, change({ ...operation.inquiry })),
});

type Read = AnyChange["provider"]["read"];
type ProviderAnswer = ReturnType<Read>;

/** A provider's answer that is read as something else. */
export const withAnswers = (change: (answer: ProviderAnswer) => ProviderAnswer): Without => ({
  operation: (operation) => {
    const read: Read = (...all) => change(operation.provider.read(...all));
    return resolvedBy(
      { ...operation, provider: { ...operation.provider, read } } as AnyChange,
      operation.inquiry,
    );
  },
});

/** A claim of unknown outcome is taken for one that was won. */
export const claimsOnTrust: Without = {
  client: (client) => ({
    async send(command: Command): Promise<Output> {
      try {
        return await client.send(command);
      } catch (error) {
        const { input } = command;
        const isClaim = nameOf(command).startsWith("claim");
        if (!(error instanceof Error) || error.name !== "TimeoutError" || !isClaim) throw error;
        return { Attributes: imagined(input) };
      }
    },
  }),
};

function imagined({ ExpressionAttributeValues: values = {}, Key }: CommandInput) {
  const fields = Object.fromEntries(Object.entries(values).map(([name, value]) => [name.slice(1), value]));
  return { ...fields, ...Key, createdAt: values[":dispatchedAt"] ?? { N: "0" } };
}

/**
 * A claim by one condition for a first attempt and for the next, which counts attempts by itself. `and` is what stands besides in
 * the part for the next.
 */
export const claimsInOneWrite = (and = ""): Without =>
  once(`one write ${and}`, {
    command: (written, input) => {
      if (written !== "claim") return input;
      const again = `#state IN (:notSent, :notExecuted) AND #request = :request AND attribute_not_exists(#binding)${and}`;
      return {
        ...input,
        ConditionExpression: `attribute_not_exists(#pk) OR (${again})`,
        UpdateExpression: (input.UpdateExpression ?? "")
          .replace("#attempt = :attempt", "#attempt = if_not_exists(#attempt, :zero) + :attempt")
          .replace("#history = :history", "#history = list_append(if_not_exists(#history, :none), :history)"),
        ExpressionAttributeNames: { ...input.ExpressionAttributeNames, "#binding": "binding" },
        ExpressionAttributeValues: {
          ...input.ExpressionAttributeValues,
          ":notSent": { S: "not_sent" },
          ":notExecuted": { S: "not_executed" },
          ":zero": { N: "0" },
          ":none": { L: [] },
        },
      };
    },
  });

/** Every write gives its item an end. */
export const expiresAlways = (name: string): Without =>
  once(`expires ${name}`, {
    command: (written, input) =>
      written !== name
        ? input
        : {
            ...input,
            UpdateExpression: (input.UpdateExpression ?? "").replace(/^SET /, "SET #expires = :soon, "),
            ExpressionAttributeNames: { ...input.ExpressionAttributeNames, "#expires": "expires" },
            ExpressionAttributeValues: { ...input.ExpressionAttributeValues, ":soon": { N: "1800000000" } },
          },
  });

/** A write of that name wants more of its record than it needs. */
export const refused = (name: string, clause: string): Without =>
  once(`refused ${name} ${clause}`, {
    command: (written, input) => {
      if (written !== name) return input;
      const attributes = Object.fromEntries([...clause.matchAll(/#(\w+)/g)].map(([of, own]) => [of, own]));
      return {
        ...input,
        ConditionExpression: `${input.ConditionExpression} AND ${clause}`,
        ExpressionAttributeNames: { ...attributes, ...input.ExpressionAttributeNames } as Record<
          string,
          string
        >,
      };
    },
  });

/** What a failed write or a look shows of a record has another value there, or none. */
export const showing = (attribute: string, value: string | undefined): Without => {
  const altered = (item: Item): Item => {
    const { [attribute]: _shown, ...others } = item;
    return value === undefined ? others : { ...others, [attribute]: { S: value } };
  };
  return once(`showing ${attribute} ${value}`, {
    client: (client) => ({
      async send(command) {
        try {
          const output = await client.send(command);
          return output.Item ? { ...output, Item: altered(output.Item) } : output;
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
          throw new ConditionalCheckFailedException({
            message: error.message,
            $metadata: {},
            Item: { ...altered(error.Item) },
          });
        }
      },
    }),
  });
};

/** A settle that no answer came to is taken for one that was written. */
export const settlesOnTrust: Without = {
  client: (client) => {
    let held: Item = {};
    return {
      async send(command) {
        try {
          const output = await client.send(command);
          held = output.Attributes ?? held;
          return output;
        } catch (error) {
          if (!(error instanceof Error) || error.name !== "TimeoutError" || nameOf(command) !== "settle")
            throw error;
          const values = command.input.ExpressionAttributeValues ?? {};
          const written = Object.entries(values).map(([name, value]) => [name.slice(1), value]);
          return { Attributes: { ...held, ...Object.fromEntries(written) } };
        }
      },
    };
  },
};

/** A refusal before looking is taken for proof that nothing was done, whoever asks. */
export const refusalsProve: Without = {
  client: (client) => ({
    async send(command) {
      const output = await client.send(command);
      if (nameOf(command) !== "get" || output.Item?.state?.S !== "not_executed") return output;
      const failure = JSON.stringify({ ...JSON.parse(output.Item.failure?.S ?? "{}"), shown: true });
      return { ...output, Item: { ...output.Item, failure: { S: failure } } };
    },
  }),
};

/** That an attempt was refused before looking is forgotten once the next one is claimed. */
export const forgetsRefusals: Without = {
  command: (name, input) => {
    const written = input.ExpressionAttributeValues?.[":history"]?.L;
    if (name !== "claimAgain" || written === undefined) return input;
    const history = { L: written.filter(({ S }) => !S?.startsWith("not_executed ")) };
    return {
      ...input,
      ExpressionAttributeValues: { ...input.ExpressionAttributeValues, ":history": history },
    };
  },
};

/** Of the keys for fingerprints the newest alone is known. */
export const newestKeyAlone: Without = {
  secret: (name, value) =>
    name === "gateway" && "fingerprintKeys" in value
      ? { ...value, fingerprintKeys: (value.fingerprintKeys as readonly object[]).slice(0, 1) }
      : value,
};

/** A send begins however late it is. */
export const sendsLate: Without = {
  send: (send) => (request, timing) => send(request, { ...timing, mayStillSend: () => true }),
};

/** Bytes of a request that no reply came to stay in the socket, and go on when the process thaws. */
export const leavesBytes: Without = {
  send: (send, world) => async (request, timing) => {
    const sent = await send(request, timing);
    if (sent.kind === "lost") world.later(async () => world.provider.handle(request, world.later));
    return sent;
  },
};

/** What the provider does with one change, in short. */
export const actsSilently: Treatment = { acts: "yes", replies: "never" };
export const isSilent: Treatment = { acts: "no", replies: "never" };
export const isRefusedUnseen: Treatment = { acts: "no", replies: "unauthorized" };
/** What a proxy makes of it that sends it twice, where the second one is too much for the provider. */
export const isRefusedTwice: Treatment = { acts: "yes", replies: "second throttled" };
export const actsLate: Treatment = { acts: "late", replies: "never" };
