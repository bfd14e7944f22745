import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writePackage } from "../../cli/package.ts";
import { openShell, type Shell } from "./shell.ts";

const packed = mkdtempSync(join(tmpdir(), "gw-package-"));
let shell: Shell;

beforeAll(async () => {
  await writePackage(packed);
  shell = openShell(join(packed, "gw.mjs"), {});
});

afterAll(() => {
  shell?.remove();
  rmSync(packed, { recursive: true });
});

/** What bash offers for the last of these words. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  writeFileSync(
    join(shell.folder, "ask.bash"),
    `source <(gw completion bash)
COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); compopt() { :; }
_gw; printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
  const { out } = await shell.run(`bash ask.bash ${words.map((word) => `'${word}'`).join(" ")}`);
  return out.split("\n").filter((line) => line !== "");
}

test.each([
  [
    ["gw", "rec"],
    ["record", "records"],
  ],
  [["gw", "call", "debit-w"], ["debit-wallet"]],
  [
    ["gw", "call", "debit-wallet", "from"],
    ["fromCustomerId=", "fromMobileNumber="],
  ],
  [["gw", "call", "debit-wallet", "fromCustomerId", "=", "1", "from"], ["fromMobileNumber="]],
  [["gw", "call", "debit-wallet", "amount", "=", "1"], []],
  [["gw", "records", "--st"], ["--state"]],
  [
    ["gw", "records", "--state", ""],
    ["dispatched", "in_doubt", "needs_attention"],
  ],
  [["gw", "explain", "outc"], ["outcome-unknown"]],
  [
    ["gw", "completion", ""],
    ["bash", "zsh"],
  ],
  [["gw", "help", "dem"], ["demo"]],
  [["gw", "nonsense", ""], []],
])("bash completes %j", async (words, offers) => {
  expect(await offered(...words)).toEqual(offers);
});

const zsh = spawnSync("zsh", ["-c", ":"]).status === 0;
if (!zsh) console.warn("There is no zsh (apt-get install zsh): its completion is not tested.");

test.skipIf(!zsh)("zsh completes an operation, and a field without a space after it", async () => {
  const script = `zmodload zsh/zpty
zpty session zsh -f -i
zpty -w session 'autoload -Uz compinit; compinit -u -D; source <(gw completion zsh); unset zle_bracketed_paste'
zpty -w session 'echo REA''DY'
while zpty -r session out; do [[ $out == *READY* ]] && break; done
zpty -w -n session $'gw call debit-w\\tam\\t'
all=
for i in {1..100}; do
  while zpty -r -t session out; do all+=$out; done
  [[ $all == *amount=* ]] && break
  sleep 0.1
done
print -r -- $all`;
  writeFileSync(join(shell.folder, "ask.zsh"), script);
  const shown = await new Promise<string>((done) => {
    const env = { PATH: `${shell.folder}:${process.env.PATH}`, HOME: shell.folder, TERM: "dumb" };
    execFile("zsh", ["-f", join(shell.folder, "ask.zsh")], { env, timeout: 25_000 }, (_error, out) =>
      done(out),
    );
  });
  expect(shown).toMatch(/debit-wallet .*amount=/s);
  expect(shown).not.toContain("amount= ");
});
