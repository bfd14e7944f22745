import type { ComponentChildren } from "preact";
import { usePolled } from "./hooks.ts";
import { Loading, Trouble } from "./parts.tsx";

/** A view whose script is loaded when it is first looked at, so that the first view stays small. */
export function Later<Module>({
  what,
  load,
  children,
}: {
  readonly what: string;
  readonly load: () => Promise<Module>;
  readonly children: (module: Module) => ComponentChildren;
}) {
  const { data, error, again } = usePolled(what, load, 0);
  if (error) return <Trouble error={error} onAgain={again} />;
  return data === undefined ? <Loading what={what} /> : children(data);
}
