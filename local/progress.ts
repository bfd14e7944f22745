/** Says to whoever runs the host what takes long: nothing while a step is quick, and every few seconds while it is not. */
export type Tell = (sentence: string) => void;

const firstMs = 2_000;
const nextMs = 5_000;

/**
 * Waits for a step and tells of it while it lasts.
 *
 * @param what completes "Still waiting for ..."
 */
export async function during<T>(what: string, step: Promise<T>, tell: Tell): Promise<T> {
  const since = performance.now();
  const say = () => {
    tell(`Still waiting for ${what} (${Math.round((performance.now() - since) / 1000)} s).`);
    timer = setTimeout(say, nextMs);
  };
  let timer = setTimeout(say, firstMs);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}
