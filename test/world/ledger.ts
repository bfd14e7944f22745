import { type Resolution, resolutionOf } from "../../lib/records/person.ts";
import { lapsesAt, type Proposal, proposalOf } from "../../lib/records/proposal.ts";
import type { Writer } from "../../lib/records/states.ts";
import { forAPerson } from "../../lib/records/write.ts";
import { before as byOthers, type Effect, type Provider } from "../faults/provider.ts";
import type { Item } from "../faults/store.ts";
import type { Pushed, Run } from "./points.ts";
import { allTransitions, unwritten } from "./transitions.ts";
import { ofTurns } from "./turns.ts";
import { gatewayKeys, type Version, type World } from "./world.ts";

/** One request that a caller makes, as often as it likes. */
export interface Asked {
  readonly name: string;
  /** The id of its record. */
  readonly record: string;
  /** What the provider does for it, by its name in the ledger. */
  readonly effect: string;
  /** What makes two requests the same one, however they are written. */
  readonly sameness: string;
  readonly given: Readonly<Record<string, unknown>>;
}

/** What a caller was told, as it came over HTTP. */
export interface Told {
  readonly seq: number;
  readonly run: Run;
  readonly asked: Asked;
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly result?: unknown;
    readonly record?: { readonly id: string; readonly state: string; readonly attempt: number };
  };
}

export interface Readability {
  /** Whether all that the provider did can be read in the end, however it is written. */
  readonly isReadable: boolean;
  /** Whether it says what its document says, in whatever form. */
  readonly isDocumented: boolean;
  /** Whether the deployment says that ids are kept as they are sent. */
  readonly areIdsKept: boolean;
}

/** What a person said of a record, and what the answer was, once there is one. */
export interface Said {
  readonly run: Run;
  readonly who: string;
  readonly record: string;
  readonly outcome: string;
  readonly reason: string;
  readonly attempt?: number | undefined;
  readonly transactionId?: string | undefined;
  /** Whether the same person has said the same before. */
  readonly isRepeat: boolean;
  /** False where the person is mistaken: what follows from that is no untruth of ours. */
  readonly isTrue: boolean;
  status?: number;
  code?: string | undefined;
}

const noEffect: readonly string[] = ["not_sent", "not_executed", "declined"];

/** What each reply to a change means that leaves no doubt. */
const meant: Readonly<Partial<Record<NonNullable<Provider["said"]>, string>>> = {
  truly: "succeeded",
  refusal: "declined",
  "invalid field": "declined",
  unauthorized: "not_executed",
  throttled: "not_executed",
};

/** How many notifications that bind nothing are kept of one signed pair of referenceNo and phone. */
const mostStrays = 4;

/** Who may have written each state: of writes that change none there is nobody. */
const writers: Readonly<Record<string, Writer>> = {
  claim: "claim",
  claimAgain: "claim",
  settle: "owner",
  withdraw: "owner",
  conclude: "evidence",
  bind: "evidence",
  decide: "person",
  doubt: "rival",
};

/** What must be in no text that leaves. An MPIN or OTP may be a part of a longer number by chance. */
const secretTexts = (() => {
  const keys = [...gatewayKeys.values()].map((key) => key.replace(/[+/=]/g, "\\$&"));
  const plain = ["api-key-\\d", "salt-number-\\d", "merchant-key-\\d", "token-of-", ...keys];
  return new RegExp(`${plain.join("|")}|(?<!\\d)(?:73916428|80271946|55120934)(?!\\d)`);
})();
/** How a sentence begins about a command that the store could make nothing of. */
export const misformedCommand = "a command is not well formed";

/** What every caller sends in secret. */
export const hiddenInputs: Readonly<Record<string, string>> = {
  mpin: "73916428",
  oldMpin: "73916428",
  newMpin: "55120934",
  otp: "80271946",
};

/**
 * What is true of a world, told by its provider's own list of what it did, and by nothing that the gateway says. Looked at after
 * every step: what does not hold is a sentence each.
 */
export class Ledger {
  readonly told: Told[] = [];
  readonly said: Said[] = [];
  /** Notifications that were answered 200. */
  readonly acknowledged: Pushed[] = [];
  /** Messages of the queue that were taken in. */
  readonly takenIn = new Set<string>();
  readonly found: string[] = [];
  readonly reached = new Set<string>();
  readonly #world: World;
  readonly #asked = new Map<string, Asked[]>();
  /** What has changed since the last look. */
  readonly #changed = new Set<string>();
  /** Later reversals that a mistaken person's word about an earlier one lets the provider's clock prove. */
  readonly #provedByEarlier = new Set<string>();
  /** How many notifications that bind nothing are counted of what is signed. */
  readonly #counted = new Map<string, number>();
  #effects = 0;
  #printed = 0;

  constructor(world: World) {
    this.#world = world;
    world.onWrite = (version) => this.#onWrite(version);
  }

  get asked(): readonly Asked[] {
    return [...this.#asked.values()].flat();
  }

  isToBeAsked(asked: Asked): void {
    const all = this.#asked.get(asked.record) ?? [];
    this.#asked.set(asked.record, [...all, asked]);
  }

  onAnswer(told: Told): void {
    this.look();
    this.told.push(told);
    this.#seesText(`an answer to ${told.asked.name}`, JSON.stringify(told.body));
    for (const what of this.#ofAnswer(told)) this.#finds(`${told.run.name}: ${what}`);
  }

  /** An answer to somebody else than a caller. */
  onText(where: string, text: string): void {
    this.#seesText(where, text);
  }

  #finds(what: string): void {
    if (!this.found.includes(what)) this.found.push(what);
  }

  #seesText(where: string, text: string): void {
    const found = secretTexts.exec(text);
    if (found) this.#finds(`${where} holds what is secret: ${found[0]}`);
  }

  #onWrite({ write, by, item }: Version): void {
    const id = item.pk?.S ?? "";
    if (write.startsWith("claim") && by.hasPassed("write withdraw"))
      this.#finds(`${by.name}: a claim that was withdrawn began an attempt`);
    this.#seesText(`the item after ${write}`, JSON.stringify(item));
    if (item.state) this.#changed.add(id);
    // The count of a day ends, and this one never.
    if (item.count !== undefined && item.expires === undefined) this.#counted.set(id, Number(item.count.N));
  }

  /** What has come about since the last step. */
  look(): void {
    const { effects } = this.#world.provider;
    for (; this.#effects < effects.length; this.#effects += 1) {
      const effect = effects[this.#effects];
      if (effect) this.#onEffect(effect);
    }
    const { printed } = this.#world;
    for (; this.#printed < printed.length; this.#printed += 1)
      this.#seesText("a line of the log", printed[this.#printed] ?? "");
    const { misformed } = this.#world;
    if (misformed !== undefined) this.#finds(`${misformedCommand}: ${misformed}`);
    for (const id of this.#changed) for (const what of this.#ofRecord(id)) this.#finds(what);
    this.#changed.clear();
    this.#looksAtStrays();
  }

  /** Each that is kept takes one place of its own, and there are no more places than are signed for. */
  #looksAtStrays(): void {
    const kept = this.#world.strays.length;
    const counted = [...this.#counted.values()].reduce((sum, count) => sum + count, 0);
    if (kept !== counted) this.#finds(`${kept} notifications are kept, and ${counted} are counted`);
    if (counted > mostStrays) this.#finds(`${counted} notifications are kept of what was signed once`);
  }

  #onEffect({ of, path, fields, sent }: Effect): void {
    if (sent === byOthers) return;
    if (path === "debitreversal" && this.#isEarly(`money ${fields.merchant_transaction_id}`, sent))
      this.#finds(`it was sent before its debit had succeeded: ${of}`);
    for (const [record, all] of this.#asked)
      if (all.some(({ effect }) => effect === of)) this.#changed.add(record);
    const count = this.effectsOf(of).length;
    if (count > 1 + this.#mistakes(of)) this.#finds(`it was done ${count} times: ${of}`);
    if (path !== "creditwallet") return;
    const credits = this.#world.provider.effects.filter(
      (each) => each.path === path && each.fields.pg_transaction_id === fields.pg_transaction_id,
    );
    const again = credits.reduce((sum, each) => sum + this.#mistakes(each.of), 0);
    if (credits.length > 1 + again)
      this.#finds(`one payment was credited ${credits.length} times: ${fields.pg_transaction_id}`);
  }

  /** Whether what follows on that debit was sent though its record said otherwise than that it had succeeded. */
  #isEarly(debit: string, sent: number): boolean {
    const record = this.asked.find(({ effect }) => effect === debit)?.record ?? "";
    const began = this.#world.sentBy.get(sent)?.began.seq ?? 0;
    const versions = this.#world.versionsOf(record).filter(({ seq }) => seq < sent);
    const isKnown = versions.some(({ seq }) => seq < began);
    return isKnown && !versions.some(({ item }) => item.state?.S === "succeeded");
  }

  /** What the gateway made the provider do. */
  effectsOf(of: string): readonly Effect[] {
    return this.#world.provider.effects.filter((effect) => effect.of === of && effect.sent !== byOthers);
  }

  /**
   * What of it a request may call its own. What has a natural key beside its identity is shown under that alone, whoever asked
   * for it; anything else must have been done for its own record.
   */
  effectsFor({ effect, record }: Asked): readonly Effect[] {
    const isByKey = /^(addsubmerchant|registercustomer) /.test(effect);
    return this.effectsOf(effect).filter(({ sent }) => isByKey || this.#world.senders.get(sent) === record);
  }

  /** How often a person said that nothing had happened, and it had: each time it may be made again on that word. */
  #mistakes(of: string): number {
    const records = this.asked.filter(({ effect }) => effect === of).map(({ record }) => record);
    return [...new Set(records)]
      .flatMap((record) => this.#world.versionsOf(record))
      .filter(
        ({ write, item }) =>
          write === "decide" && noEffect.includes(item.state?.S ?? "") && this.#isMistaken(item),
      ).length;
  }

  /** Whether what a person said last was no truth. */
  #isMistaken({ resolution }: Item): boolean {
    if (resolution?.S === undefined) return false;
    const { reason } = JSON.parse(resolution.S) as Resolution;
    return this.said.some((said) => !said.isTrue && said.reason === reason);
  }

  #ofRecord(id: string): readonly string[] {
    const versions = this.#world.versionsOf(id);
    const [first] = versions;
    if (!first || first.item.namespace?.S === "notification") return [];
    const found: string[] = [];
    const [asked] = this.#asked.get(id) ?? [];
    const named = asked?.name ?? id;
    const effects = asked ? this.effectsFor(asked) : [];
    const own = effects.filter(({ sent }) => this.#world.senders.get(sent) === id);
    const most = 1 + (asked ? this.#mistakes(asked.effect) : 0);
    const owners = new Set<string>();
    const turns = new Set<string>();
    let before: Item | undefined;
    let isMistaken = false;
    let isFlagDecided = false;
    const forgottenAt = this.#world.forgotten.get(id);
    let isForgotten = false;
    for (const version of versions) {
      const { seq, write, item, by } = version;
      if (!isForgotten && forgottenAt !== undefined && seq > forgottenAt) {
        isForgotten = true;
        before = undefined;
        // Where there is no record any more, a copy of its claim is a first one.
        owners.clear();
      }
      const [from, to] = [before?.state?.S ?? "", item.state?.S ?? ""];
      const isClaim = write.startsWith("claim");
      const says = (what: string) => found.push(`${named}: ${what}`);
      const owner = item.owner?.S ?? "";
      if (isClaim && owners.has(owner)) says("one claim held twice");
      if (isClaim) owners.add(owner);
      if (from !== to || isClaim || (write === "settle" && to === "in_doubt"))
        this.#transition(from, to, write, says);
      if (write === "decide") isMistaken = this.#isMistaken(item);
      else if (from !== to) isMistaken = false;
      if (write === "decideFlag") isFlagDecided = true;
      const isSent = own.some((effect) => effect.sent < seq);
      if (!isMistaken && most === 1 && noEffect.includes(to) && isSent && !this.#isDenied(asked, version))
        says(`${to} by ${write}, and it happened`);
      const applied = effects.filter((effect) => effect.applied < seq).length;
      if (to === "succeeded" && from !== to && asked && this.#mayBeOfEarlier(asked, seq))
        this.#provedByEarlier.add(id);
      const isExcused = isMistaken || this.#provedByEarlier.has(id);
      if (asked && !isExcused && to === "succeeded" && (applied < 1 || applied > most))
        says(`succeeded by ${write}, and it happened ${applied} times`);
      if (from !== to) for (const what of this.#ofReply(version)) says(what);
      const isLater = Number(asked?.given.reversal ?? 1) > 1;
      if (write === "settle" && to === "declined" && by.wasToldBy === "taken" && isLater)
        says("declined by settle, and the provider said no more than that the debit is reversed");
      if (write === "bind" && by.brings && !isOfTheRegistration(by.brings))
        says("bound by what is not of its registration");
      for (const what of ofContents(version, before, isFlagDecided)) says(what);
      for (const what of ofTurns(version, before, turns)) says(what);
      for (const what of this.#ofPersons(version, before)) says(what);
      before = item;
    }
    return found;
  }

  /** A proxy has passed on a refusal before looking: the next id for the same thing finds out, or the next attempt. */
  #isDenied(asked: Asked | undefined, { write, item }: Version): boolean {
    const isDenied = asked !== undefined && this.#world.provider.denied.has(asked.effect);
    return isDenied && item.state?.S !== "declined" && write !== "conclude";
  }

  /**
   * Whether an earlier reversal happened, a person was mistaken in saying that it did not, nobody knows its transaction, or a restore has
   * lost it, and the provider's clock shows it as younger than it is.
   */
  #mayBeOfEarlier({ effect, given }: Asked, seq: number): boolean {
    const number = Number(given.reversal ?? 1);
    if (number === 1 || this.#world.provider.clockAheadMs === 0) return false;
    const earlier = this.asked.filter(
      (each) => each.effect === effect && Number(each.given.reversal ?? 1) < number,
    );
    return earlier.some(({ record }) => {
      const versions = this.#world.versionsOf(record).filter((version) => version.seq < seq);
      if ((this.#world.forgotten.get(record) ?? seq) < seq)
        return versions.some(({ item }) => this.#isMistaken(item));
      const seen = versions.at(-1)?.item;
      return seen !== undefined && seen.result === undefined && this.#isMistaken(seen);
    });
  }

  /** A reply that says plainly what became of it, however it is written, is taken at its word. */
  #ofReply({ write, by, item }: Version): readonly string[] {
    const said = by.wasToldBy && meant[by.wasToldBy];
    // That may follow from an earlier attempt's own work, or be "already there" in words that no table has.
    const wasRefused = item.history?.L?.some((entry) => entry.S?.startsWith("not_executed ")) === true;
    const mayFollow =
      (by.wasToldBy === "invalid field" || (by.wasToldBy === "refusal" && wasRefused)) &&
      Number(item.attempt?.N) > 1;
    if (
      write !== "settle" ||
      said === undefined ||
      mayFollow ||
      this.#isReplyStruck(by) ||
      said === item.state?.S
    )
      return [];
    return [`the provider said ${by.wasToldBy}, and it is ${item.state?.S}`];
  }

  /** Whether a reply may not have come to its process, or not in a form that it could verify. */
  #isReplyStruck({ passed }: Run): boolean {
    const isStruck = passed.some(
      ({ point, strike }) => strike !== undefined && /^(change|secret) /.test(point),
    );
    return isStruck || this.#world.isRotated;
  }

  #transition(from: string, to: string, write: string, says: (what: string) => void): void {
    const writer = writers[write];
    // A claim that never came to be is written off where it could have been.
    const isWrittenOff =
      write === "withdraw" && to === "not_sent" && (from === "" || from === "not_executed");
    const isFirst = from === "" && to === "dispatched" && writer === "claim";
    const isAgain = from === "not_sent" && to === "not_sent" && write === "withdraw";
    if (isWrittenOff || isFirst || isAgain) return;
    const name = `${from} > ${to} by ${writer}`;
    if (allTransitions.includes(name) && !unwritten.has(name)) this.reached.add(name);
    else says(`${from || "nothing"} became ${to} by ${write}`);
  }

  /** A person's word is written over nothing but what waits for it, is of that attempt, and of money takes two. */
  #ofPersons({ write, item }: Version, before: Item | undefined): readonly string[] {
    if (item.proposal !== undefined && item.state?.S !== "needs_attention")
      return [`${item.state?.S} by ${write}, and a proposal stands`];
    if (write === "propose") return this.#ofProposal(item, before);
    if (write !== "decide" && write !== "decideFlag") return [];
    const said = JSON.parse(item.resolution?.S ?? "{}") as Resolution;
    const waits =
      before?.state?.S === "needs_attention" || (before?.flagged !== undefined && before.due !== undefined);
    return [
      ...(waits ? [] : [`a person's word was written over ${before?.state?.S}`]),
      ...(String(said.attempt) === item.attempt?.N
        ? []
        : [`a person's word on attempt ${said.attempt} was written on attempt ${item.attempt?.N}`]),
      ...(write === "decide" ? this.#ofSecond(said, item, before) : []),
    ];
  }

  /** A proposal is of the attempt that waits, takes no other's place, and is made once. */
  #ofProposal(item: Item, before: Item | undefined): readonly string[] {
    const [now, open] = [proposalIn(item), proposalIn(before)];
    if (!now || now.withdrawn) return [];
    const wasWithdrawn = open?.withdrawn && open.by === now.by && open.at === now.at;
    const isReplaced =
      open && !open.withdrawn && open.attempt === now.attempt && Date.parse(now.at) < lapsesAt(open);
    return [
      ...(String(now.attempt) === item.attempt?.N
        ? []
        : [`a proposal on attempt ${now.attempt} was written on attempt ${item.attempt?.N}`]),
      ...(wasWithdrawn ? ["a proposal that was withdrawn came back"] : []),
      ...(isReplaced && !wasWithdrawn ? ["a proposal was written over another that was open"] : []),
    ];
  }

  #ofSecond(
    { by, proposed }: Resolution,
    { namespace, state }: Item,
    before: Item | undefined,
  ): readonly string[] {
    const isOfMoney = namespace?.S === "money" || namespace?.S === "reversal";
    if (!this.#world.needsTwo || !isOfMoney || state?.S === "succeeded") return [];
    const open = proposalIn(before);
    if (proposed === undefined || open === undefined)
      return ["one person alone said that money did not move"];
    return [
      ...(proposed.by === by ? ["one person proposed it and carried it out"] : []),
      ...(open.withdrawn || open.by !== proposed.by || open.at !== proposed.at
        ? ["what was carried out was not proposed any more"]
        : []),
    ];
  }

  #ofAnswer({ run, asked, status, body, seq }: Told): readonly string[] {
    const effects = this.effectsFor(asked);
    const mistakes = this.#mistakes(asked.effect);
    const item = this.#world.latest(asked.record);
    const isMistaken =
      this.#provedByEarlier.has(asked.record) || (item !== undefined && this.#isMistaken(item));
    const disagrees = this.#disagreement({ run, asked, status, body });
    if (disagrees) return [disagrees];
    if (status === 200) {
      const applied = effects.filter((effect) => effect.applied < seq);
      const isTrue = (applied.length >= 1 && applied.length <= 1 + mistakes) || isMistaken;
      const { amount, account_number: account } = applied[0]?.fields ?? {};
      const isOther =
        (amount !== undefined && amount !== asked.given.amount) ||
        (account !== undefined && account !== asked.given.accountNumber);
      const last = this.told.findLast(
        (each) => each.asked === asked && each !== this.told.at(-1) && each.status === 200,
      );
      const differs =
        last &&
        item?.namespace?.S !== "binding" &&
        !isMistaken &&
        mistakes === 0 &&
        JSON.stringify(last.body.result) !== JSON.stringify(body.result);
      return [
        ...(isTrue ? [] : [`told 200, and it happened ${applied.length} times`]),
        ...(isOther ? ["told 200 for what it did not ask for"] : []),
        ...(differs ? ["told 200 twice, and not the same"] : []),
        ...(item?.state?.S === "succeeded" ? [] : [`told 200, and its record is ${item?.state?.S}`]),
      ];
    }
    const { code = "", record } = body;
    if (status === 500) return ["told 500"];
    if (this.#metTransactions(run)) {
      const isOfBinding = item?.namespace?.S === "binding";
      if (code === "not-sent" && run.isUnlooked && record === undefined)
        return ["not sent for a transaction that was in the way"];
      if (code === "outcome-unknown" && run.wasToldBy === "truly" && !this.#world.isRotated && !isOfBinding)
        return ["what it knew was not written for a transaction that was in the way"];
    }
    if (record) {
      const isWritten = this.#world
        .versionsOf(record.id)
        .some(
          ({ item: each }) => each.state?.S === record.state && each.attempt?.N === String(record.attempt),
        );
      if (noEffect.includes(record.state) && !isWritten) return [`told ${record.state}, which it never was`];
      const wasToldDone = this.told.some((each) => each.asked === asked && each.status === 200);
      return record.state === "declined" && wasToldDone
        ? ["told that it is declined, and told 200 before"]
        : [];
    }
    switch (code) {
      case "outcome-unknown":
      case "in-progress":
        return [];
      case "identity-reused": {
        const others = this.#asked.get(asked.record) ?? [];
        return others.some(({ sameness }) => sameness !== asked.sameness)
          ? []
          : ["told that its identity belongs to another request"];
      }
      case "already-done":
        return item?.state?.S === "succeeded" &&
          mistakes === 0 &&
          item.caller !== undefined &&
          !isMistaken &&
          !run.hasSent
          ? ["told that somebody else has done it, and its own record did"]
          : [];
      default:
        return run.hasSent ? [`told ${code} without a record, and it had sent something`] : [];
    }
  }

  /** A reconciler whose run failed. */
  onFailure(run: Run): void {
    if (this.#metTransactions(run)) this.#finds(`${run.name} failed for a transaction that was in the way`);
  }

  /** Whether nothing worse happened to it than that, fewer times than a write is tried, and it took no time. */
  #metTransactions({ passed, machine, began }: Run): boolean {
    const times = passed.filter(({ strike }) => strike === "in the way").length;
    const isHarmless = passed.every(
      ({ strike }) => strike === undefined || ["in the way", "repeated", "lands again"].includes(strike),
    );
    const isPrompt = this.#world.now - began.at < 5_000 && Math.abs(machine.wallMs) < 2_000;
    return times > 0 && times < 6 && isHarmless && isPrompt;
  }

  /** Whoever has the provider's plain word in hand is told nothing that contradicts it, and nobody is told what is flagged. */
  #disagreement({ run, asked, status, body }: Omit<Told, "seq">): string | undefined {
    const versions = this.#world.versionsOf(asked.record);
    const item = this.#world.latest(asked.record);
    const seen = versions.findLast(({ seq }) => seq < run.began.seq);
    const isFlagged = item?.flagged !== undefined && seen?.item.flagged !== undefined;
    if (
      isFlagged &&
      (status === 200 || (body.record?.state === "declined" && body.code !== "outcome-unknown"))
    )
      return `told ${status}, and what it was told is contradicted`;
    const claim = versions.findLast(({ write, by }) => write.startsWith("claim") && by === run);
    const said = run.wasToldBy && meant[run.wasToldBy];
    if (!claim || said === undefined || this.#isReplyStruck(run)) return undefined;
    const { record, code } = body;
    const isOwn = String(record?.attempt) === claim.item.attempt?.N && code !== "outcome-unknown";
    if (said === "succeeded" && record && isOwn && noEffect.includes(record.state))
      return `told ${record.state}, and the provider had said that it was done`;
    if (said !== "succeeded" && status === 200 && isOwn && this.effectsFor(asked).length === 0)
      return "told 200, and the provider had refused it";
    const isUnnamed = item?.namespace?.S === "binding" && item.tXid === undefined;
    return said === "succeeded" && status === 200 && isOwn && isUnnamed
      ? "told 200, and the tXid of its own reply is nowhere"
      : undefined;
  }

  /** A person is told whether it is that word which is in force. */
  onDecision(said: Said): void {
    const isKept = this.#world.versionsOf(said.record).some(({ write, item }) => {
      if (write === "propose") {
        const proposal = JSON.parse(item.proposal?.S ?? "{}") as Proposal;
        return (said.outcome === "withdraw" ? proposal.withdrawn?.reason : proposal.reason) === said.reason;
      }
      return (
        write.startsWith("decide") &&
        (JSON.parse(item.resolution?.S ?? "{}") as Resolution).reason === said.reason
      );
    });
    const { status = 0, code, run, isRepeat } = said;
    if (status >= 200 && status < 300 && !isKept)
      this.#finds("a person was told that it is settled so, and it is not");
    if (status === 500 || status === 504) this.#finds(`a person was told ${status}`);
    // What was said before may have been in force once, and be so no more.
    const before = this.#world.versionsOf(said.record).findLast(({ seq }) => seq < run.began.seq)?.item;
    const isInForce = [before, this.#world.latest(said.record)].every(
      (item) => item && resolutionIn(item)?.reason === said.reason,
    );
    if (status >= 400 && code !== "not-sent" && (isRepeat ? isInForce : isKept))
      this.#finds(`a person was told ${code}, and it is settled so`);
  }

  /** When all has come to rest: nothing is forgotten, and what was told is what is. */
  atRest(readability: Readability): void {
    const { isReadable } = readability;
    this.look();
    // What a mistaken person has had done twice, nobody can read.
    const isPlain = isReadable && this.said.every(({ isTrue }) => isTrue);
    for (const [id, all] of this.#asked) {
      const item = this.#world.latest(id);
      const [asked] = all;
      if (!item || !asked) continue;
      const { state, flagged, due, shard } = item;
      const says = (what: string) => this.#finds(`${asked.name}: ${what}`);
      if (state?.S === "dispatched" || state?.S === "in_doubt")
        says("it was never settled nor given to a person");
      const waits = state?.S === "needs_attention" || (flagged !== undefined && due !== undefined);
      if (waits && !(shard && Number(due?.N) >= forAPerson(0)))
        says("it waits for a person and is listed nowhere");
      if (isPlain && state?.S === "needs_attention")
        for (const what of this.#plainly(asked, item, readability)) says(what);
      if (state?.S === "needs_attention" && this.#isKnownToItsOwner(item, id))
        says("a person is asked about what its own process knew");
      if (this.#world.forgotten.has(id)) continue;
      for (const told of this.told.filter((each) => each.asked.record === id)) {
        const isDeclined = told.body.record?.state === "declined";
        if (told.status === 200 && state?.S !== "succeeded") says(`it was told 200, and is ${state?.S}`);
        if (isDeclined && state?.S !== "declined")
          says(`it was told that it is declined, and is ${state?.S}`);
      }
    }
  }

  /** Whether the process of its latest attempt had the provider's plain success, and went on to the end. */
  #isKnownToItsOwner({ namespace, attempt }: Item, record: string): boolean {
    const claim = this.#world.versionsOf(record).findLast(({ write }) => write.startsWith("claim"));
    if (!claim || namespace?.S === "binding" || this.#world.isRotated) return false;
    const { by, item } = claim;
    return (
      by.wasToldBy === "truly" &&
      by.ending === "returned" &&
      item.attempt?.N === attempt?.N &&
      by.hasPassed("write settle") &&
      by.passed.every(({ point, strike }) => !/^(change|secret) /.test(point) || strike === undefined)
    );
  }

  /** Each shard of the list has had its minutes, for more than two hours since then. */
  atWalked({ name, record }: Asked, since: number): void {
    const { state, waits } = this.#world.latest(record) ?? {};
    if (state?.S !== "needs_attention" || waits?.S !== "provider") return;
    const isAsked = this.#world
      .versionsOf(record)
      .some(({ seq, write }) => seq > since && write === "takeTurn");
    if (!isAsked) this.#finds(`${name}: it is listed by age alone, and nobody has asked for two hours`);
  }

  /** The queue is empty: whatever was acknowledged is bound, or kept for a person. */
  atEmptyQueue(registration: Asked): void {
    for (const message of this.#world.enqueuedBy.keys())
      if (!this.takenIn.has(message)) this.#finds("a message has left the queue, and nobody has taken it in");
    const isGenuine = this.acknowledged.some(({ isForged }) => !isForged);
    const isBound = this.#world.latest(registration.record)?.binding !== undefined;
    const isOutdated = (this.#world.rotated.get("nicepay") ?? 0) > 1;
    if (isGenuine && !isOutdated && !isBound && this.#world.strays.length === 0)
      this.#finds(`${registration.name}: its notification was acknowledged, and is nowhere`);
  }

  /** The provider has said once more, plainly, that the account is bound. */
  atLastNotification(registration: Asked): void {
    this.look();
    const { binding, state } = this.#world.latest(registration.record) ?? {};
    const isOne = this.effectsOf(registration.effect).length === 1;
    if (isOne && state?.S !== undefined && !noEffect.includes(state.S) && binding === undefined)
      this.#finds(`${registration.name}: its notification came, and it is not bound`);
  }

  /** What must not be left to a person: money that the provider's own list shows, and what its process can say was never sent. */
  #plainly(asked: Asked, item: Item, { isDocumented, areIdsKept }: Readability): readonly string[] {
    const since = Number(item.dispatchedAt?.N) - 5 * 60_000;
    const effects = this.effectsFor(asked);
    const isOwn = effects.length === 1 && this.#world.senders.get(effects[0]?.sent ?? 0) === asked.record;
    const mayBeShown =
      asked.effect.startsWith("money ") ||
      (isDocumented && isOwn && asked.effect.startsWith("registercustomer "));
    const versions = this.#world.versionsOf(asked.record);
    const claim = versions.findLast(({ write }) => write.startsWith("claim"));
    const isUnfinished = claim?.by.wasToldBy === "unfinished";
    const listed = versions.findLast(({ item: each }) => each.state?.S !== "needs_attention")?.seq ?? 0;
    const isShown =
      mayBeShown &&
      // What was finished when a person had been asked is not looked at again.
      effects.some(({ at, applied }) => at >= since && !(isUnfinished && applied > listed)) &&
      (areIdsKept || !this.#hasLikeness(asked));
    const end = this.told.find(({ run }) => run === claim?.by)?.seq ?? 0;
    const isUnsent =
      claim !== undefined &&
      end > 0 &&
      !claim.by.hasSent &&
      versions.every(({ seq }) => seq <= claim.seq || seq > end) &&
      claim.by.passed.every(
        ({ point, strike }) =>
          point !== "write settle" &&
          (point !== "write withdraw" || [undefined, "repeated", "lands again"].includes(strike)),
      );
    // A row of the same amount could be it, whoever's it is; where another record explains it, it could not.
    const isLikeOthers = this.asked.some(
      (other) =>
        other.record !== asked.record &&
        this.#amountOf(other) === asked.given.amount &&
        this.#mayHaveRow(other, listed, areIdsKept),
    );
    // A debit that may have been reversed is shown as little as one that never was.
    const isReversed = this.asked.some(
      ({ effect, record }) =>
        effect === asked.effect.replace(/^money /, "reversal ") && this.#world.latest(record) !== undefined,
    );
    const isAbsent =
      isDocumented &&
      !isReversed &&
      // What it has not finished it does not show.
      !isUnfinished &&
      item.namespace?.S === "money" &&
      !isLikeOthers &&
      this.effectsOf(asked.effect).length === 0;
    return [
      ...(isAbsent ? ["a person is asked, and the provider shows that it did not act"] : []),
      ...(isShown ? ["a person is asked, and the provider shows it"] : []),
      ...(isUnsent ? ["a person is asked, and nobody had sent it"] : []),
    ];
  }

  /** Whether there is a record of the same amount whose id a provider may keep as this one's: what is shown could be that one's. */
  #hasLikeness(asked: Asked): boolean {
    const letters = ({ effect }: Asked) => effect.toLowerCase().replace(/[^a-z0-9]/g, "");
    return this.asked.some(
      (other) =>
        other.record !== asked.record &&
        (letters(other).includes(letters(asked)) || letters(asked).includes(letters(other))) &&
        other.given.amount === asked.given.amount &&
        this.#world.latest(other.record) !== undefined,
    );
  }

  /** A reversal is of its debit's amount. */
  #amountOf({ given, effect }: Asked): unknown {
    if (!effect.startsWith("reversal ")) return given.amount;
    const debit = effect.replace(/^reversal /, "money ");
    return this.asked.find((each) => each.effect === debit)?.given.amount;
  }

  /** Whether the provider may have a row of it that no record of ours explained at that place in the order. */
  #mayHaveRow({ record, effect }: Asked, seq: number, areIdsKept: boolean): boolean {
    const versions = this.#world.versionsOf(record);
    const then = versions.findLast((version) => version.seq <= seq);
    // What was in doubt itself was waited for.
    const isOpen = ["dispatched", "in_doubt"].includes(then?.item.state?.S ?? "");
    const before = isOpen ? versions.at(-1) : then;
    const effects = this.effectsOf(effect);
    const count = effects.length;
    // A transfer's row has no id by which a record could explain it.
    if (effects.some(({ path }) => path === "wallettowallet")) return true;
    if (count === 0 && this.#world.latest(record) === undefined) return false;
    if (!before) return true;
    const { state, flagged, provedBy } = before.item;
    if (flagged) return true;
    if (noEffect.includes(state?.S ?? "")) return count > 0;
    const isBelieved = provedBy?.S === "reply" || (provedBy?.S === "inquiry" && areIdsKept);
    return !(state?.S === "succeeded" && isBelieved && count === 1);
  }
}

const resolutionIn = (item: Item): Resolution | undefined => resolutionOf({ resolution: item.resolution?.S });
const proposalIn = (item: Item | undefined): Proposal | undefined =>
  proposalOf({ proposal: item?.proposal?.S });

/** Whether a notification is of the registration that the provider knows, and came from where the provider's come from. */
const isOfTheRegistration = ({ isForged, isFromElsewhere, more = {} }: Pushed): boolean =>
  !isForged && !isFromElsewhere && more.clientUserKey === undefined;

/** What the item of a record holds must fit its state. */
function ofContents(
  { write, item }: Version,
  before: Item | undefined,
  isFlagDecided: boolean,
): readonly string[] {
  const state = item.state?.S ?? "";
  const found: string[] = [];
  const isMerged = item.binding !== undefined || (write === "settle" && item.tXid !== undefined);
  if (state === "succeeded" && before?.state?.S === "succeeded" && before.result !== undefined && !isMerged)
    if (item.result?.S !== before.result.S && write !== "flag") found.push("its result changed");
  const token = before?.binding?.M?.userToken?.S;
  if (token !== undefined && item.binding?.M?.userToken?.S !== token) found.push("its binding changed");
  const [tXid, bound] = [item.tXid?.S, item.binding?.M?.tXid?.S];
  // A person who has asked the provider may let it stand.
  if (tXid !== undefined && bound !== undefined && tXid !== bound && !item.flagged && !isFlagDecided)
    found.push("its binding is of another tXid, and is served");
  const isForever = item.namespace?.S !== "idempotency-key" || !["succeeded", "declined"].includes(state);
  if (item.expires && (isForever || (item.flagged && !isFlagDecided)))
    found.push(`it expires, and is ${item.namespace?.S} ${state}`);
  const isOpen =
    ["dispatched", "in_doubt", "needs_attention"].includes(state) ||
    (item.flagged !== undefined && !isFlagDecided);
  if (isOpen !== (item.shard !== undefined && item.due !== undefined))
    found.push(`${state} by ${write} is ${isOpen ? "not " : ""}in the index`);
  return found;
}
