import { Problem } from "../problem.ts";
import type { Asked, Provider, ProviderAnswer } from "../providers/provider.ts";
import { UnreadableReply } from "../providers/provider.ts";
import type { Runtime } from "../runtime.ts";
import type { SecretValue } from "../secrets/secrets.ts";
import type { Sent, WireReply } from "../transport.ts";

/** What came of one call, in the terms that a read and a change both need. */
export type Outcome<Result> =
  | { readonly kind: "success"; readonly result: Result; readonly page?: object }
  | Extract<ProviderAnswer<unknown>, { readonly kind: "refusal" }>
  | Extract<Sent, { readonly kind: "not_sent" }>
  | { readonly kind: "unknown"; readonly why: string; readonly timedOut: boolean; readonly word?: Word };

type Word = Extract<ProviderAnswer<unknown>, { readonly kind: "refusal" }>["word"];

/** Reads what came back for a call: verified, interpreted, and mapped by the operation. */
export async function outcomeOf<
  Call,
  Reply,
  Mapped extends { readonly result: unknown; readonly page?: object },
>(
  sent: Sent,
  asked: Asked,
  provider: Provider<Call, Reply>,
  secret: SecretValue,
  returns: (reply: Reply) => Mapped,
  runtime: Runtime,
): Promise<Outcome<Mapped["result"]>> {
  if (sent.kind === "not_sent") return sent;
  if (sent.kind === "lost") return { kind: "unknown", why: `${sent.why}.`, timedOut: sent.timedOut };
  const answer = await verified(sent.reply, asked, provider, secret, runtime);
  if (answer.kind === "refusal") return answer;
  if (answer.kind === "unusable")
    return { kind: "unknown", why: answer.why, timedOut: false, ...(answer.word && { word: answer.word }) };
  try {
    return { kind: "success", ...returns(answer.reply) };
  } catch (error) {
    if (!(error instanceof UnreadableReply)) throw error;
    return {
      kind: "unknown",
      why: `The provider's reply cannot be read: ${error.message}.`,
      timedOut: false,
    };
  }
}

/** During a rotation the provider may still sign with the secret before ours; it is looked up only when ours fails. */
async function verified<Call, Reply>(
  reply: WireReply,
  asked: Asked,
  provider: Provider<Call, Reply>,
  secret: SecretValue,
  runtime: Runtime,
): Promise<ProviderAnswer<Reply>> {
  const answer = provider.read(reply, [secret], runtime.config, asked);
  if (answer.kind !== "unusable" || !answer.unverified) return answer;
  // A previous secret that cannot be had or used leaves the reply unverified, which is true.
  const previous = await runtime.secrets.previous(provider.secret).catch(() => undefined);
  if (!previous) return answer;
  try {
    return provider.read(reply, [secret, previous], runtime.config, asked);
  } catch (error) {
    if (error instanceof Problem) return answer;
    throw error;
  }
}
