const indiaOffset = 5.5 * 3_600_000;

/** `YYYY-MM-DD HH:mm:ss` in Asia/Kolkata, as the samples of sections 11 to 13 (India has no summer time). */
export function indiaTime(at: number): string {
  return new Date(at + indiaOffset).toISOString().slice(0, 19).replace("T", " ");
}

export const indiaDay = (at: number): string => indiaTime(at).slice(0, 10);
export const indiaMonth = (at: number): string => indiaTime(at).slice(0, 7);
