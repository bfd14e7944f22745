/**
 * The states of a record. What each says about the provider:
 * `dispatched`       an attempt is under way; past its lease it is read as `in_doubt`
 * `succeeded`        the provider did it; final
 * `declined`         the provider refused it, or it is shown never to have happened and cannot; final
 * `not_sent`         no byte of the attempt reached a socket; the same request may be attempted again
 * `not_executed`     the provider refused before looking, or is shown not to have acted; may be attempted again
 * `in_doubt`         the provider may have acted; it is asked, never guessed
 * `needs_attention`  it could not be settled by asking; a person settles it
 */
export type State =
  | "dispatched"
  | "succeeded"
  | "declined"
  | "not_sent"
  | "not_executed"
  | "in_doubt"
  | "needs_attention";

/**
 * Who writes a state: `claim` begins an attempt; `owner` is the function that sent it and has its reply, however late;
 * `evidence` is what the provider says when asked or notifies; `person` decides with a reason; `rival` is another identity that would
 * do the same thing.
 */
export type Writer = "claim" | "owner" | "evidence" | "person" | "rival";

type Transitions = { readonly [From in State]: { readonly [To in State]?: readonly Writer[] } };

/** Every change of state that may be written, and by whom; what is not here is never written. */
export const transitions: Transitions = {
  dispatched: {
    succeeded: ["owner", "evidence"],
    declined: ["owner", "evidence"],
    not_sent: ["owner"],
    not_executed: ["owner", "evidence"],
    in_doubt: ["owner"],
    needs_attention: ["evidence"],
  },
  in_doubt: {
    succeeded: ["owner", "evidence"],
    declined: ["owner", "evidence"],
    not_executed: ["owner", "evidence"],
    needs_attention: ["evidence"],
  },
  needs_attention: {
    succeeded: ["owner", "evidence", "person"],
    declined: ["owner", "evidence", "person"],
    not_executed: ["owner", "evidence", "person"],
  },
  // That an attempt was refused before anybody looked is a word that a proxy may have given, which sent the request twice: nothing rests
  // on it but a repeat, whose id the provider knows. Before another id does the same, the provider is asked.
  not_sent: { dispatched: ["claim"], in_doubt: ["rival"] },
  // The owner's word over what an inquiry or a person took for nothing, while no new attempt has begun: a repeat must not move
  // money that is known to have moved.
  not_executed: { dispatched: ["claim"], succeeded: ["owner"], in_doubt: ["rival"] },
  succeeded: {},
  declined: {},
};

export const states = Object.keys(transitions) as readonly State[];

/** The states from which this writer may write that one: the list in the write's condition. */
export function sources(writer: Writer, to: State): readonly State[] {
  return states.filter((from) => transitions[from][to]?.includes(writer));
}

/** States that leave the index of the unfinished: the truth is known, or nothing happened. */
export const isSettled = (state: State): boolean =>
  state === "succeeded" || state === "declined" || state === "not_sent" || state === "not_executed";

export const isFinal = (state: State): boolean => state === "succeeded" || state === "declined";
