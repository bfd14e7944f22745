import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeJson, encodePhpJson, JsonError, JsonNumber, type JsonValue } from "../../lib/signing/index.ts";

/** What JSON.parse would have given. */
function toPlain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.token);
  if (value instanceof Map)
    return Object.fromEntries(Array.from(value, ([key, item]) => [key, toPlain(item)]));
  if (Array.isArray(value)) return value.map(toPlain);
  return value;
}

function refusal(text: string | Uint8Array, options?: Parameters<typeof decodeJson>[1]): JsonError {
  try {
    decodeJson(text, options);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error("the text was accepted");
}

/** A JSON text with a few characters changed, so that most are nearly right. */
const nearlyJson = fc
  .tuple(
    fc.json(),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]:,"\\/0123456789.eE+-truefalsn u\td\u0000\ud800é')), {
      maxLength: 3,
    }),
  )
  .map(([text, edits]) => {
    for (const [place, mark] of edits) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + mark + text.slice(at + (place % 2));
    }
    return text;
  });

describe("decodeJson", () => {
  it("gives what JSON.parse gives", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(toPlain(decodeJson(text))).toStrictEqual(JSON.parse(text));
        expect(decodeJson(Buffer.from(text))).toStrictEqual(decodeJson(text));
      }),
    );
  });

  it("accepts what JSON.parse accepts, but for half surrogate pairs", () => {
    fc.assert(
      fc.property(nearlyJson, (text) => {
        let parsed: unknown;
        let accepted = true;
        try {
          parsed = JSON.parse(text);
        } catch {
          accepted = false;
        }
        try {
          const decoded = decodeJson(text);
          expect(accepted).toBe(true);
          expect(toPlain(decoded)).toStrictEqual(parsed);
        } catch (error) {
          if (!(error instanceof JsonError)) throw error;
          if (error.reason === "a string holds half a surrogate pair") return;
          if (error.reason === "the text is not UTF-8") return;
          expect(accepted).toBe(false);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("keeps numbers, order, odd keys and the last of a key given twice", () => {
    const decoded = decodeJson('{"b":1.0,"10":-0e5,"2":12345678901234567890,"__proto__":{"":0},"b":[1e400]}');
    if (!(decoded instanceof Map)) throw new Error("not an object");
    expect([...decoded.keys()]).toEqual(["b", "10", "2", "__proto__"]);
    expect(decoded.get("b")).toEqual([new JsonNumber("1e400")]);
    expect(String(decoded.get("10"))).toBe("-0e5");
    expect(String(decoded.get("2"))).toBe("12345678901234567890");
    expect(decoded.get("__proto__")).toEqual(new Map([["", new JsonNumber("0")]]));
  });

  it.each([
    ["", "the text ends before its value does", 0, ""],
    [" \n ", "the text ends before its value does", 3, ""],
    ['{"a":[1,{"b/c~":tru}]}', "a value was expected", 16, "/a/1/b~1c~0"],
    ['{"a":TRUE}', "a value was expected", 5, "/a"],
    ['{"a":Null}', "a value was expected", 5, "/a"],
    ['{"a":-}', "a value was expected", 5, "/a"],
    ["[1,]", "a value was expected", 3, "/1"],
    ["[01]", "a comma or the list's end was expected", 2, ""],
    ["[1.]", "a comma or the list's end was expected", 2, ""],
    ['{"a":1,}', "a key in quotes or the object's end was expected", 7, ""],
    ["{a:1}", "a key in quotes or the object's end was expected", 1, ""],
    ['{"a" 1}', "a colon was expected", 5, "/a"],
    ['{"a":1 "b":2}', "a comma or the object's end was expected", 7, ""],
    ["1 2", "nothing may follow the value", 2, ""],
    ["1\0", "nothing may follow the value", 1, ""],
    ["\ufeff\ufeff1", "a value was expected", 0, ""],
    ["\ufeff \ufeff1", "a value was expected", 1, ""],
    ["\u00a0\ufeff1", "a value was expected", 0, ""],
    ["1\ufeff", "nothing may follow the value", 1, ""],
    ['\ufeff{"a":TRUE}', "a value was expected", 5, "/a"],
    ['"\u001f"', "a string holds a control character that is not escaped", 1, ""],
    ['"abc', "the text ends before its value does", 4, ""],
    ['"a\\q"', "a string holds an unknown escape", 2, ""],
    ['"a\\u12g4"', "a string holds an unknown escape", 2, ""],
    ['"\\ud83d\\u12"', "a string holds an unknown escape", 7, ""],
    ['"\\ud800"', "a string holds half a surrogate pair", 1, ""],
    ['"\\udc00\\ud800"', "a string holds half a surrogate pair", 1, ""],
    ['"\\udc00\\udc00"', "a string holds half a surrogate pair", 1, ""],
    ['["\\ud83d\\ud83d"]', "a string holds half a surrogate pair", 2, "/0"],
  ])("refuses %j", (text, reason, at, pointer) => {
    expect(refusal(text)).toMatchObject({ name: "JsonError", reason, at, pointer });
    expect(refusal(Buffer.from(text))).toMatchObject({ reason, at, pointer });
  });

  it.each(['{"a":"\ufeffb"}', "[1]", "7", ""])("passes over one byte order mark before %j", (text) => {
    const read = (from: string | Uint8Array) => {
      try {
        return decodeJson(from);
      } catch (error) {
        return error;
      }
    };
    for (const mark of ["\ufeff", " \ufeff", "\r\n\t\ufeff"]) {
      expect(read(`${mark}${text}`)).toEqual(read(text));
      expect(read(Buffer.from(`${mark}${text}`))).toEqual(read(text));
    }
  });

  it.each([
    ["with its mark", (text: string) => Buffer.from(`\ufeff${text}`, "utf16le")],
    [
      "with its mark, the larger byte first",
      (text: string) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
    ],
    ["without a mark", (text: string) => Buffer.from(text, "utf16le")],
    ["without a mark, the larger byte first", (text: string) => Buffer.from(text, "utf16le").swap16()],
    [
      "whose mark became replacement characters",
      (text: string) => Buffer.from(Buffer.from(`\ufeff${text}`, "utf16le").toString("utf8")),
    ],
  ])("says of UTF-16 %s what it is", (_, write) => {
    for (const text of ['{"a":1}', "[]", '"x"', ' {"a":1}', '{"name":"अ"}'])
      expect(refusal(write(text))).toMatchObject({ reason: "the text is UTF-16, not UTF-8", at: 0 });
  });

  it.each([
    ["an overlong form", [0x22, 0xc0, 0x80, 0x22], 1],
    ["a surrogate", [0x22, 0x61, 0xed, 0xa0, 0x80, 0x22], 2],
    ["past the last code point", [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], 1],
    ["a cut sequence", [0x22, 0xc3, 0xa9, 0xe2, 0x82], 2],
    ["a lone continuation", [0x80], 0],
    ["a byte order mark and rubbish", [0xef, 0xbb, 0xbf, 0xff], 0],
    ["cut inside what could be a replacement character", [0xef, 0xbf, 0xbd, 0xef, 0xbf], 1],
    ["after a replacement character that is really there", [0x22, 0xef, 0xbf, 0xbd, 0xff, 0x22], 2],
  ])("refuses bytes that are not UTF-8: %s", (_, bytes, at) => {
    const error = refusal(Uint8Array.from(bytes));
    expect(error).toMatchObject({ reason: "the text is not UTF-8", at });
    expect(error.pointer).toBeUndefined();
  });

  it("refuses a string that has no UTF-8 form", () => {
    expect(refusal('"ab\ud800"')).toMatchObject({ reason: "the text is not UTF-8", at: 3 });
  });

  it("refuses a key given twice when told to", () => {
    const error = refusal('{"a":{"b":1, "b":2}}', { duplicates: "refuse" });
    expect(error).toMatchObject({ reason: "an object gives a key twice", at: 13, pointer: "/a/b" });
    expect(refusal('{"a":1,"\\u0061":2}', { duplicates: "refuse" }).at).toBe(7);
    expect(decodeJson('{"a":1,"b":{"a":1}}', { duplicates: "refuse" })).toBeInstanceOf(Map);
  });

  it("never quotes the text in its message", () => {
    fc.assert(
      fc.property(nearlyJson, (text) => {
        try {
          decodeJson(text, { duplicates: "refuse" });
        } catch (error) {
          if (!(error instanceof JsonError)) throw error;
          expect(error.message).toBe(`JSON refused at offset ${error.at}: ${error.reason}`);
          expect(error.reason).toMatch(/^[a-zUTF168,' -]+$/);
        }
      }),
    );
  });

  it("nests as deep as it is told, and never deeper than PHP", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(() => decodeJson(nested(511))).not.toThrow();
    expect(refusal(nested(512))).toMatchObject({
      reason: "lists and objects are nested too deeply",
      at: 511,
    });
    expect(refusal(nested(512), { maxDepth: 10_000 }).at).toBe(511);
    expect(refusal(nested(512), { maxDepth: Number.NaN }).at).toBe(0);
    expect(() => decodeJson(nested(3), { maxDepth: 3 })).not.toThrow();
    expect(refusal('{"a":[{}]}', { maxDepth: 2 })).toMatchObject({ at: 6, pointer: "/a/0" });
    expect(() => decodeJson("1", { maxDepth: 0 })).not.toThrow();
  });

  const size = 2_000_000;
  it.each([
    ["open lists", "[".repeat(size)],
    ["open objects", '{"":'.repeat(size / 4)],
    ["digits", "1".repeat(size)],
    ["decimals", `0.${"1".repeat(size)}`],
    ["an exponent", `1e${"1".repeat(size)}`],
    ["escapes", `"${"\\u0061".repeat(size / 6)}"`],
    ["a string with no end", `"${"\\\\".repeat(size / 2)}`],
    ["small values", `[${"1,".repeat(size / 2)}1]`],
    ["empty objects", `[${"{},".repeat(size / 3)}{}]`],
    ["one key again and again", `{${'"a":1,'.repeat(size / 6)}"a":1}`],
    ["white space", " ".repeat(size)],
    ["deep lists again and again", `[${`${"[".repeat(510)}${"]".repeat(510)},`.repeat(size / 1021)}1]`],
  ])("is done with 2 MB of %s within seconds of the processor", (_, text) => {
    const begun = process.cpuUsage();
    try {
      encodePhpJson(decodeJson(Buffer.from(text)));
    } catch (error) {
      if (!(error instanceof JsonError) && !(error instanceof RangeError)) throw error;
      expect(error.message.length).toBeLessThan(120);
    }
    const { user, system } = process.cpuUsage(begun);
    expect(user + system).toBeLessThan(5_000_000);
  });
});

describe("JsonNumber", () => {
  it("is one JSON number, and prints as its token", () => {
    expect(`${new JsonNumber("-0.10E+2")}`).toBe("-0.10E+2");
    for (const token of ["", "01", "1 ", " 1", "NaN", "Infinity", "+1", ".5", "1.", "0x1", "1e", "--1"]) {
      expect(() => new JsonNumber(token)).toThrow("a JsonNumber's token must be one JSON number");
    }
  });
});

describe("encodePhpJson", () => {
  it.each([
    ['{"1":"b","0":"a"}', '{"1":"b","0":"a"}'],
    ['{"0":{},"1":[],"2":{"a":[{}]}}', '[[],[],{"a":[[]]}]'],
    ['{"00":1}', '{"00":1}'],
    [
      "[41.0,1e3,0.10,1e16,1e17,-0,-0.0,1e-4,1e-5,5e-324]",
      "[41,1000,0.1,10000000000000000,1.0e+17,0,-0,0.0001,1.0e-5,5.0e-324]",
    ],
    ["-9223372036854775808", "-9223372036854775808"],
    ["-9223372036854775809", "-9.223372036854776e+18"],
    ["0.0", "0"],
    ['"\\u007f\\u0080\\u0000\\b\\f\\/\\u2028<>&\'"', '"\u007f\\u0080\\u0000\\b\\f\\/\\u2028<>&\'"'],
  ])("writes %s as %s", (text, php) => {
    expect(encodePhpJson(decodeJson(text))).toBe(php);
  });

  it("leaves slashes bare when told to, in keys too", () => {
    const value = decodeJson('{"a/b":"c/d"}');
    expect(encodePhpJson(value)).toBe('{"a\\/b":"c\\/d"}');
    expect(encodePhpJson(value, { bareSlashes: true })).toBe('{"a/b":"c/d"}');
  });

  it("refuses a number past the double range", () => {
    expect(() => encodePhpJson(decodeJson("[-1e400]"))).toThrow(RangeError);
    expect(() => encodePhpJson(decodeJson("9".repeat(400)))).toThrow(RangeError);
  });

  it("is stable: what it writes, read and written again, is the same ASCII text", () => {
    const text = fc.oneof(fc.json({ maxDepth: 6 }), fc.json({ maxDepth: 6, stringUnit: "binary" }));
    fc.assert(
      fc.property(text, fc.boolean(), (json, bareSlashes) => {
        const once = encodePhpJson(decodeJson(json), { bareSlashes });
        expect(once).toMatch(/^[ -\x7f]*$/);
        expect(encodePhpJson(decodeJson(once), { bareSlashes })).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps every string and every double", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.double({ noDefaultInfinity: true, noNaN: true }),
        (text, float) => {
          expect(JSON.parse(encodePhpJson(text))).toBe(text);
          const token = Object.is(float, -0) ? "-0.0" : String(float);
          expect(JSON.parse(encodePhpJson(new JsonNumber(token)))).toBe(float);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
