import { InvalidArgumentError } from "commander";

/** Reads an option's whole number within bounds. */
export const wholeNumber = (option: string, least: number, most: number) => (text: string) => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new InvalidArgumentError(`${option} must be a whole number from ${least} to ${most}.`);
};
