// What a value must be before it is signed. Each throws a TypeError that names the value and what is wrong
// with it, and never holds the value: it may be a key or a PIN.

/** Text with exactly one UTF-8 form. A lone surrogate has none, and each encoder replaces it in its own way. */
export function checkText(what: string, value: string): string {
  if (!value.isWellFormed())
    throw new TypeError(`${what} holds half a surrogate pair, so it has no UTF-8 form`);
  return value;
}

/** A key, a salt or an identifier: an empty one would sign as if there were no secret at all. */
export function checkFilled(what: string, value: string): string {
  if (value === "") throw new TypeError(`${what} is empty: is the provider's secret filled in?`);
  return checkText(what, value);
}

/** A value that a header carries unchanged: printable ASCII with no space at either end (RFC 9110, 5.5). */
export function checkHeaderValue(what: string, value: string): string {
  checkFilled(what, value);
  if (value.trim() !== value) {
    throw new TypeError(`${what} has white space at an end: was it pasted with a line break?`);
  }
  if (!/^[ -~]+$/.test(value)) {
    throw new TypeError(
      `${what} holds a character that a header cannot carry: only printable ASCII can be sent`,
    );
  }
  return value;
}
