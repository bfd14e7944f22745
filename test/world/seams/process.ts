import { here } from "../inhabitant.ts";

export const processRecords = () => here().records;
