/** The words of a text, where a list of them would take a line for each. */
export const words = (text: string): readonly string[] => text.split(" ");
