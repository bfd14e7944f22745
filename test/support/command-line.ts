/**
 * What `read` makes of a command line, for what is started by hand. With `--help` it prints how it is used and ends with 0;
 * where an option is wrong it says so in one line and ends with 2, before anything has begun.
 */
export function optionsOr<Options>(usage: string, args: readonly string[], read: () => Options): Options {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return read();
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}
