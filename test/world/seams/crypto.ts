import { here } from "../inhabitant.ts";

export * from "node:crypto";
export const randomBytes = (size: number): Buffer => here().bytes(size);
