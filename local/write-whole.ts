import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";

/** Writes a file of ours alone, whole or not at all, even if the host is killed in the middle. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.new`;
  const file = openSync(draft, "w", 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
}
