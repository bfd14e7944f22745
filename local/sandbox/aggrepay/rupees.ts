/** Paise as the samples write a balance or an amount: "41.0", "0.5", "12.34". */
export function rupees(paise: bigint): string {
  const hundredths = String(paise % 100n).padStart(2, "0");
  return `${paise / 100n}.${hundredths.replace(/0$/, "")}`;
}
