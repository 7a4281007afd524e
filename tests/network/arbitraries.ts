import fc from "fast-check";
import { WIDTH, type Address, type Family } from "../../src/network/address.ts";
import { networkOf } from "../../src/network/network.ts";

const family: fc.Arbitrary<Family> = fc.constantFrom(4, 6);

/** Any address that is not IPv4-mapped, with many zero groups among the IPv6 ones. */
export const anyAddress: fc.Arbitrary<Address> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value): Address => ({ family: 4, value })),
  fc
    .array(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn })), { minLength: 8, maxLength: 8 })
    .map((groups): Address => ({ family: 6, value: groups.reduce((sum, group) => (sum << 16n) + group, 0n) }))
    .filter(({ value }) => value >> 32n !== 0xffffn),
);

/** Any network, all and single addresses among them. */
export const anyNetwork = fc
  .tuple(anyAddress, fc.nat(128))
  .map(([address, prefix]) => networkOf(address, Math.min(prefix, WIDTH[address.family])));

/** Networks so close to the ends of the address space, and to each other, that they overlap, touch and nest. */
export const crowdedNetworks = fc.array(
  fc.tuple(family, fc.boolean(), fc.nat(63), fc.nat(7)).map(([of, atTheEnd, low, free]) => {
    const top = (1n << BigInt(WIDTH[of])) - 1n;
    const value = atTheEnd ? top - BigInt(low) : BigInt(low);
    return networkOf({ family: of, value }, free === 7 ? 0 : WIDTH[of] - free);
  }),
  { maxLength: 8 },
);

/** Addresses in and beside the crowded networks. */
export const crowdedAddress = fc
  .tuple(family, fc.boolean(), fc.nat(130))
  .map(([of, atTheEnd, low]): Address => {
    const top = (1n << BigInt(WIDTH[of])) - 1n;
    return { family: of, value: atTheEnd ? top - BigInt(low) : BigInt(low) };
  });
