import { conflictSchedules } from "./conflict-schedules.ts";
import { evidenceSchedules } from "./evidence-schedules.ts";
import { idSchedules } from "./id-schedules.ts";
import { listedSchedules } from "./listed-schedules.ts";
import { personSchedules } from "./person-schedules.ts";
import { placeSchedules } from "./place-schedules.ts";
import { repeatSchedules } from "./repeat-schedules.ts";
import { reversalIdSchedules } from "./reversal-id-schedules.ts";
import { reversalSchedules } from "./reversal-schedules.ts";
import type { Schedule } from "./schedule.ts";
import { schedules as ofTheGateway } from "./schedules.ts";
import { secondPersonSchedules } from "./second-person-schedules.ts";
import { straySchedules } from "./stray-schedules.ts";

/** Every schedule, with the guards that it needs. */
export const schedules: readonly Schedule[] = [
  ...ofTheGateway,
  ...personSchedules,
  ...idSchedules,
  ...listedSchedules,
  ...repeatSchedules,
  ...placeSchedules,
  ...secondPersonSchedules,
  ...evidenceSchedules,
  ...conflictSchedules,
  ...reversalIdSchedules,
  ...reversalSchedules,
  ...straySchedules,
];
