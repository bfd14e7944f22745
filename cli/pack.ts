/** `npm run gw:pack`: `gw` as a package that needs no clone, .build/wallet-gateway-cli-<version>.tgz. */
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { writePackage } from "./package.ts";

const outdir = resolve(import.meta.dirname, "../.build");
await writePackage(join(outdir, "gw"));
execFileSync("npm", ["pack", "--pack-destination", outdir, join(outdir, "gw")], { stdio: "inherit" });
