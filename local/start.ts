// `npm start`. Nothing newer than what this file itself uses may be imported before the version is known.
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 24) {
  console.error(
    `This needs Node 24 or later and runs on ${process.version}: use npm start, or install Node 24.`,
  );
  process.exit(1);
}
const { enableCompileCache } = await import("node:module");
const { compileCache } = await import("./compile-cache.ts");
enableCompileCache(compileCache);
const { main } = await import("./main.ts");
await main();

export {};
