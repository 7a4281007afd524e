import { expect } from "chai";
import fc from "fast-check";
import { checkOptions } from "../../src/charm/check-options.ts";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import { parseConfiguration } from "../../src/charm/configuration.ts";
import { parseAproxyAddresses, parsePorts } from "../../src/charm/options/addresses.ts";
import { parseUbuntuRelease } from "../../src/charm/options/base-image.ts";
import { parseLabels } from "../../src/charm/options/labels.ts";
import { OptionFault } from "../../src/charm/options/option-reader.ts";
import { parseSize } from "../../src/charm/options/sizes.ts";
import { parseWebAddress } from "../../src/charm/options/web-address.ts";
import { DEFAULT_OPTIONS, LEAST_OPTIONS, NO_PROXIES } from "./least-options.ts";

const LABEL = /^[A-Za-z0-9_-]+$/;
const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
const blanks = fc.stringMatching(/^ {0,3}$/);

/** What a parser gives, or the fault that it tells. */
function outcome<T>(parse: () => T): T | OptionFault {
  try {
    return parse();
  } catch (thrown) {
    if (thrown instanceof OptionFault) return thrown;
    throw thrown;
  }
}

describe("parseLabels()", () => {
  it("returns the listed labels, whatever spaces and empty items are between them", () => {
    const items = fc.array(fc.tuple(blanks, fc.option(label, { nil: "" }), blanks), { maxLength: 30 });
    fc.assert(
      fc.property(items, (list) => {
        const text = list.map((item) => item.join("")).join(",");
        expect(parseLabels(text)).to.deep.equal(list.map(([, name]) => name).filter((name) => name !== ""));
      }),
    );
  });

  it("accepts only labels, and names every invalid item", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 8 }), (list) => {
        const text = list.join(",");
        const items = text.split(",").map((item) => item.trim());
        const bad = items.filter((item) => item !== "" && !LABEL.test(item));
        const given = outcome(() => parseLabels(text));
        if (bad.length === 0) expect(given).to.deep.equal(items.filter(Boolean));
        else for (const item of bad) expect((given as OptionFault).message).to.include(JSON.stringify(item));
      }),
    );
  });
});

describe("parseSize()", () => {
  it("accepts exactly the sizes that fit LXD's 64 bits", () => {
    const unit = fc.constantFrom("K", "M", "G", "T", "P", "E");
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 60n }), unit, (count, letter) => {
        const bytes = count * 1024n ** BigInt("KMGTPE".indexOf(letter) + 1);
        const text = `${count}${letter}iB`;
        const given = outcome(() => parseSize(text));
        if (bytes < 2n ** 63n) expect(given).to.equal(text);
        else expect(given).to.be.instanceOf(OptionFault);
      }),
    );
  });
});

describe("parseUbuntuRelease()", () => {
  it("accepts the April releases of even years since 2022, and no other version", () => {
    const year = fc.integer({ min: 10, max: 99 });
    fc.assert(
      fc.property(year, fc.constantFrom("04", "10"), (of, month) => {
        const isLongTerm = month === "04" && of >= 22 && of % 2 === 0;
        expect(outcome(() => parseUbuntuRelease(`${of}.${month}`)) instanceof OptionFault).to.equal(
          !isLongTerm,
        );
      }),
    );
  });
});

describe("parsePorts()", () => {
  it("accepts only ports and ascending ranges", () => {
    const number = fc.integer({ min: -5, max: 70_000 });
    const isPort = (port: number) => port >= 1 && port <= 65_535;
    fc.assert(
      fc.property(number, fc.option(number), (first, last) => {
        const text = last === null ? String(first) : `${first}-${last}`;
        const isGood = isPort(first) && (last === null || (isPort(last) && first <= last));
        expect(outcome(() => parsePorts(text)) instanceof OptionFault).to.equal(!isGood);
      }),
    );
  });
});

describe("parseAproxyAddresses()", () => {
  it("accepts nothing that nftables could read as more than an address", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[-0-9./;{}, \n"$]{0,40}$/), (text) => {
        const given = outcome(() => parseAproxyAddresses(text));
        if (given instanceof OptionFault) return;
        for (const item of given) expect(item).to.match(/^[0-9.]+(?:[/-][0-9.]+)?$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe("parseWebAddress()", () => {
  const address = fc.stringMatching(/^https?:\/\/[a-z.]{1,9}(?::[0-9]{1,4})?(?:\/[a-z?#@:.]{0,8}\/?)?$/);

  it("returns an address that parses to itself, or an error that repeats nothing of the text", () => {
    fc.assert(
      fc.property(fc.oneof(address, fc.string()), (text) => {
        const given = outcome(() => parseWebAddress(text, { http: true }));
        if (given instanceof OptionFault) {
          if (text.length > 30) expect(given.message).not.to.include(text);
        } else expect(parseWebAddress(given, { http: true })).to.equal(given);
      }),
    );
  });
});

describe("parseConfiguration() with any value that Juju can store", () => {
  const values = Object.fromEntries(
    Object.entries(DEFAULT_OPTIONS).map(([name, value]) => {
      const likely = fc.constantFrom(value, (LEAST_OPTIONS as Record<string, typeof value>)[name] ?? value);
      const any: fc.Arbitrary<string | number | boolean> =
        typeof value === "string" ? fc.string() : typeof value === "number" ? fc.integer() : fc.boolean();
      return [name, fc.oneof({ weight: 3, arbitrary: likely }, { weight: 1, arbitrary: any })];
    }),
  );

  it("returns a configuration, or errors that each name an option once and never a token", () => {
    const token = fc.stringMatching(/^[a-z0-9]{20,40} ?$/);
    fc.assert(
      fc.property(fc.record(values), token, (options, secret) => {
        const all = { ...options, token: secret, "repo-policy-compliance-token": secret };
        try {
          parseConfiguration({ options: all, proxies: NO_PROXIES }, checkOptions);
        } catch (thrown) {
          if (!(thrown instanceof ConfigurationError)) throw thrown;
          const names = thrown.faults.map(({ option }) => option);
          expect(names).to.deep.equal([...new Set(names)]);
          expect(names).to.have.length.above(0);
          expect(thrown.message).not.to.include(secret.trim());
        }
      }),
      { numRuns: 200 },
    );
  });
});
