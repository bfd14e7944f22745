import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The slow files before the quick ones: what is left at the end is short, and no worker waits for another. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => Number(isSlow(b)) - Number(isSlow(a)));
  }
}

const isSlow = ({ project }: TestSpecification): boolean => project.name === "slow";
