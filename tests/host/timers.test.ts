import { expect } from "chai";
import { everyMinutes, everySixHours, renderTimer, timerPrefix } from "../../src/host/timers.ts";

const unit = { name: "runners/1", slug: "runners-1" };
/** What dispatches an event of the unit. */
const command = (event: string, program = "/usr/bin/juju-exec") => [
  program,
  unit.name,
  `JUJU_DISPATCH_PATH=hooks/${event} ./dispatch`,
];

describe("renderTimer()", () => {
  const reconcile = () =>
    renderTimer(
      unit,
      { event: "reconcile-runners", schedule: everyMinutes(10) },
      command("reconcile-runners"),
    );

  it("has the unit and the event in the name of each file", () => {
    const { service, timer } = reconcile();
    expect([service.name, timer.name]).to.deep.equal([
      "ghro.runners-1.reconcile-runners.service",
      "ghro.runners-1.reconcile-runners.timer",
    ]);
  });

  it("has a service that dispatches the event on the unit, once at a time", () => {
    expect(reconcile().service.content).to.equal(`[Unit]
Description=Dispatch reconcile-runners on runners/1

[Service]
Type=oneshot
ExecStart=/usr/bin/juju-exec runners/1 "JUJU_DISPATCH_PATH=hooks/reconcile-runners ./dispatch"
TimeoutStartSec=3h
`);
  });

  it("fires that many minutes after the last run and after a boot, up to a quarter later", () => {
    expect(reconcile().timer.content).to.equal(`[Unit]
Description=Dispatch reconcile-runners on runners/1 on a schedule

[Timer]
OnActiveSec=10m
OnUnitInactiveSec=10m
RandomizedDelaySec=150s
AccuracySec=1s

[Install]
WantedBy=timers.target
`);
  });

  it("changes the timer alone when the interval changes", () => {
    const slower = renderTimer(
      unit,
      { event: "reconcile-runners", schedule: everyMinutes(30) },
      command("reconcile-runners"),
    );
    expect(slower.service).to.deep.equal(reconcile().service);
    expect(slower.timer).not.to.deep.equal(reconcile().timer);
  });

  it("leaves nothing in a path to what systemd makes of percent, dollar and space", () => {
    const { service } = renderTimer(
      unit,
      { event: "e", schedule: everyMinutes(2) },
      command("e", '/o p/%h/$x/"q'),
    );
    expect(service.content).to.include('ExecStart="/o p/%%h/$$x/\\"q" runners/1 ');
  });
});

describe("everySixHours()", () => {
  for (const [seed, calendar] of [
    [0, "*-*-* 00/6:00:00"],
    [59, "*-*-* 00/6:59:00"],
    [4_294_967_295, "*-*-* 00/6:15:00"],
  ] as const) {
    it(`has its minute from ${seed}`, () => {
      const { timer } = renderTimer(unit, { event: "e", schedule: everySixHours(seed) }, command("e"));
      expect(timer.content).to.include(`OnCalendar=${calendar}\n`).and.not.to.include("OnActiveSec");
    });
  }
});

describe("timerPrefix()", () => {
  it("is of one unit alone", () => {
    expect(`${timerPrefix("runners-11")}e.timer`.startsWith(timerPrefix("runners-1"))).to.equal(false);
  });
});
