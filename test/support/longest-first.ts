import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Little to read and long to run: vitest goes by a file's size where it has never run it. */
const waits =
  /(?:client\/examples|gateway\/(?:webhook-queue|merchant-webhook|registration-evidence)|infra\/app|local\/told)\.test\.ts$/;

/** The slow files before the quick ones, and what waits before what does not: what is left at the end is short. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

/** Files of one project stay together: only then does a worker go on to the next of them. */
const rank = ({ project, moduleId }: TestSpecification): number =>
  project.name === "slow" ? 0 : project.config.isolate ? 1 : waits.test(moduleId) ? 2 : 3;
