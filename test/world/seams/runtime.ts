import { here } from "../inhabitant.ts";

export * from "../../../lib/runtime.ts";
export const runtime = () => here().runtime;
