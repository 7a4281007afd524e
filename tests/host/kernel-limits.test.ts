import { expect } from "chai";
import fc from "fast-check";
import {
  LIMIT_NAMES,
  parseLimits,
  planLimits,
  renderLimits,
  type Limits,
  type LimitsRecord,
} from "../../src/host/kernel-limits.ts";

const DEFAULTS: Limits = {
  "fs.inotify.max_user_instances": 128,
  "fs.inotify.max_user_watches": 8192,
  "kernel.keys.maxkeys": 200,
  "kernel.keys.maxbytes": 20_000,
  "kernel.pid_max": 32_768,
  "kernel.threads-max": 16_384,
  "net.netfilter.nf_conntrack_max": 65_536,
};

/** A machine whose kernel takes every value, with the files that the units keep there. */
class Machine {
  kernel: Record<string, number>;
  records: readonly LimitsRecord[] = [];

  constructor(kernel: Limits) {
    this.kernel = { ...kernel };
  }

  want(slug: string, runners: number | undefined, processes = 8192): void {
    const plan = planLimits(this.records, { slug, runners, processes }, this.kernel);
    this.kernel = { ...this.kernel, ...plan.apply };
    // Through the file and back, as on disk.
    this.records = plan.records.map((record) => parseLimits(record.slug, renderLimits(record)));
  }

  /** Files apply in the order of their names. */
  restart(kernel: Limits): void {
    this.kernel = { ...kernel };
    for (const { values } of this.records) this.kernel = { ...this.kernel, ...values };
  }
}

const limits = fc.record(
  Object.fromEntries(LIMIT_NAMES.map((name) => [name, fc.integer({ min: 1, max: 2_000_000 })])),
);
const step = fc.record({
  slug: fc.constantFrom("a-0", "a-1", "b-0"),
  runners: fc.option(fc.integer({ min: 0, max: 500 }), { nil: undefined }),
});

describe("The kernel's limits", () => {
  it("grow with the number of runners", () => {
    const machine = new Machine(DEFAULTS);
    machine.want("runners-0", 30);
    expect(machine.kernel["fs.inotify.max_user_instances"]).to.be.at.least(30 * 100);
    expect(machine.kernel["kernel.keys.maxkeys"]).to.be.at.least(30 * 100);
    const before = { ...machine.kernel };
    machine.want("runners-0", 60);
    for (const name of LIMIT_NAMES) expect(machine.kernel[name]).to.be.above(before[name] ?? 0);
  });

  it("count the runners of all units of the machine", () => {
    const one = new Machine(DEFAULTS);
    one.want("runners-0", 40);
    const two = new Machine(DEFAULTS);
    two.want("runners-0", 20);
    two.want("runners-1", 20);
    for (const name of LIMIT_NAMES) expect(two.kernel[name]).to.be.at.least(one.kernel[name] ?? 0);
    expect(two.records.map(({ values }) => values)).to.deep.equal([two.kernel, two.kernel]);
  });

  it("hold the processes of all runners of all units, as far as the kernel goes", () => {
    const machine = new Machine(DEFAULTS);
    machine.want("runners-0", 3, 1000);
    machine.want("others-0", 2, 100_000);
    expect(machine.kernel["kernel.pid_max"]).to.equal(32_768 + 5 * 1000 + 4 * 100_000);
    expect(machine.kernel["kernel.threads-max"]).to.equal(16_384 + 5 * 1000 + 4 * 100_000);
    machine.want("others-0", 500, 100_000);
    expect(machine.kernel["kernel.pid_max"]).to.equal(4_194_304);
  });

  it("are never below what was there, whatever the units want", () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 20 }), (kernel, steps) => {
        const machine = new Machine(kernel);
        for (const { slug, runners } of steps) {
          machine.want(slug, runners);
          for (const name of LIMIT_NAMES) expect(machine.kernel[name]).to.be.at.least(kernel[name] ?? 0);
        }
      }),
    );
  });

  it("are what they were when the last unit has gone", () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 20 }), (kernel, steps) => {
        const machine = new Machine(kernel);
        for (const { slug, runners } of steps) machine.want(slug, runners);
        for (const slug of ["a-0", "a-1", "b-0"]) machine.want(slug, undefined);
        expect(machine.kernel).to.deep.equal(kernel);
        expect(machine.records).to.deep.equal([]);
      }),
    );
  });

  it("are the same after a restart of the machine", () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 20 }), (kernel, steps) => {
        const machine = new Machine(kernel);
        for (const { slug, runners } of steps) machine.want(slug, runners);
        const before = { ...machine.kernel };
        machine.restart(kernel);
        expect(machine.kernel).to.deep.equal(before);
      }),
    );
  });

  it("stay where a person has raised them since, also when the units go", () => {
    const machine = new Machine(DEFAULTS);
    machine.want("runners-0", 3);
    machine.kernel = { ...machine.kernel, "kernel.keys.maxkeys": 50_000 };
    machine.want("runners-0", 2);
    expect(machine.kernel["kernel.keys.maxkeys"]).to.equal(50_000);
    machine.want("runners-0", undefined);
    expect(machine.kernel).to.deep.equal({ ...DEFAULTS, "kernel.keys.maxkeys": 50_000 });
  });

  it("are left out where the kernel does not know them", () => {
    const machine = new Machine({ "kernel.keys.maxkeys": 200 });
    machine.want("runners-0", 3);
    expect(Object.keys(machine.kernel)).to.deep.equal(["kernel.keys.maxkeys"]);
  });

  it("stand in the unit's file with what was there before", () => {
    const plan = planLimits([], { slug: "runners-0", runners: 1, processes: 8192 }, DEFAULTS);
    expect(plan.records.map(renderLimits)).to.deep.equal([
      `# Written by the GitHub runner charm for its unit runners-0; goes with the unit.
# runners: 1
# processes: 8192
# before: fs.inotify.max_user_instances=128 fs.inotify.max_user_watches=8192 kernel.keys.maxkeys=200 kernel.keys.maxbytes=20000 kernel.pid_max=32768 kernel.threads-max=16384 net.netfilter.nf_conntrack_max=65536
fs.inotify.max_user_instances = 512
fs.inotify.max_user_watches = 204800
kernel.keys.maxkeys = 500
kernel.keys.maxbytes = 95000
kernel.pid_max = 57344
kernel.threads-max = 40960
net.netfilter.nf_conntrack_max = 114688
`,
    ]);
  });
});
