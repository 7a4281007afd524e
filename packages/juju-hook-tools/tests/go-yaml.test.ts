import { expect } from "chai";
import { readStringMap } from "../src/go-yaml.ts";

const CONTROL = "yaml: control characters are not allowed";
const LONG_KEY = "yaml: line 1: did not find expected ',' or '}'";
const SURROGATE = "yaml: line 1: found invalid Unicode character escape code";
const key = (length: number) => "k".repeat(length);

/** Input of `--file -`, and the map that go-yaml reads from it, or its refusal. */
const ROWS: readonly (readonly [name: string, input: string | Buffer, result: object | string])[] = [
  ["nothing", "", {}],
  ["JSON", '{"a":"1","b":"two\\nlines"}', { a: "1", b: "two\nlines" }],
  ["YAML", "a: one\nb: 'two'\n", { a: "one", b: "two" }],
  ["a list", "[a]", "cannot unmarshal the file: expected a map of strings"],
  ["a number as a value", '{"a":1}', "cannot unmarshal the file: expected a map of strings"],
  ["U+007F", '{"a":"\u007f"}', CONTROL],
  ["U+0080", '{"a":"\u0080"}', CONTROL],
  ["U+FFFE", '{"a":"\ufffe"}', CONTROL],
  ["U+FFFF in a key", '{"\uffff":"a"}', CONTROL],
  ["U+0000", "a: \0", CONTROL],
  ["U+007F as an escape", '{"a":"\\u007f\\ufffe\\uffff\\u0080"}', { a: "\u007f\ufffe\uffff\u0080" }],
  ["U+0085", '{"a":"x \u0085 y"}', { a: "x y" }],
  ["U+0085 as an escape", '{"a":"x\\u0085y"}', { a: "x\u0085y" }],
  ["bytes that are not UTF-8", Buffer.from([0x61, 0x3a, 0x20, 0xff]), "yaml: invalid leading UTF-8 octet"],
  ["a character outside the basic plane", '{"a":"😀"}', { a: "😀" }],
  ["escapes of a surrogate pair", '{"a":"\\ud83d\\ude00"}', SURROGATE],
  ["an escape of a lone surrogate", '{"\\udc00":"a"}', SURROGATE],
  ["a backslash before u", '{"a":"\\\\ud83d"}', { a: "\\ud83d" }],
  ["a key of 1022 characters", `{"${key(1022)}":"a"}`, { [key(1022)]: "a" }],
  ["a key of 1023 characters", `{"${key(1023)}":"a"}`, LONG_KEY],
  ["a key of 1500 characters with ?", `{? "${key(1500)}" : "a"}`, { [key(1500)]: "a" }],
  ["a value of 1500 characters", `{"a":"${key(1500)}"}`, { a: key(1500) }],
];

describe("readStringMap()", () => {
  for (const [name, input, result] of ROWS) {
    it(`${typeof result === "string" ? "refuses" : "reads"} ${name} like go-yaml`, () => {
      const read = () => readStringMap(Buffer.from(input));
      if (typeof result === "string") expect(read).to.throw(result);
      else expect(read()).to.deep.equal(result);
    });
  }
});
