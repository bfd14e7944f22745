import { options } from "preact";
import { escaped } from "../../lib/visible.ts";

/**
 * From now on, every text of the page is shown with what cannot be seen in it, or turns it around, escaped: a provider's message
 * must read as what it is. Line ends and tabs stay.
 */
export function showUnseen(): void {
  options.vnode = (vnode) => {
    // A text is a node without a type, whose props are the text itself.
    const node: { props: unknown } = vnode;
    if (typeof node.props === "string")
      node.props = node.props
        .split(/([\n\t])/)
        .map(shown)
        .join("");
  };
}

const shown = (part: string): string => (part === "\n" || part === "\t" ? part : escaped(part));
