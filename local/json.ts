/** JSON as it comes from a file or a peer: nothing is known of it until it is looked at. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

export const parseJson = (text: string): Json => JSON.parse(text);

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

export const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

export const listOf = (value: Json | undefined): readonly Json[] => (isArray(value) ? value : []);

export const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
