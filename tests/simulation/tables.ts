import type { Table } from "../bench/table.ts";
import type { Simulation } from "./simulate.ts";
import type { Summary, Waits } from "./summary.ts";

/** The tables of a simulation. Pure. */
export function tablesOf({ options, endsAt, beginsAt }: Simulation, found: Summary): readonly Table[] {
  const hours = (endsAt - beginsAt) / 3_600_000;
  const perJob = (count: number) => (count / Math.max(1, found.jobs)).toFixed(2);
  return [
    {
      title: "Jobs",
      columns: ["jobs", "number"],
      rows: [
        ["all", number(found.jobs)],
        ["lost", number(found.lost)],
        ["run twice", number(found.runTwice)],
        ["killed by a unit", number(found.killed)],
        ["given up by GitHub, whose runners did not get them four times", number(found.givenUp)],
        ["most that ran at a time", number(found.mostRunning)],
      ],
    },
    {
      title: "From a job's assignment to a unit until a runner listens for it",
      columns: ["while", "jobs", "p50", "p95", "p99", "longest"],
      rows: [
        ["without a fault", ...cellsOf(found.calm)],
        ...found.faults.map(({ what, waits }) => [what, ...cellsOf(waits)]),
        ["again, after a runner did not get it", ...cellsOf(found.again)],
      ],
    },
    {
      title: "Runners",
      columns: ["runners", "number"],
      rows: [
        ["runners that were online", number(found.runners)],
        ["of these from standby instances", number(found.fromStandby)],
        ["of these without a job", number(found.unused)],
        ["most registrations at a time", number(found.mostRegistrations)],
        ["rounds of the services", number(found.rounds)],
        ["services that were killed", number(found.kills)],
      ],
    },
    {
      title: "Requests to GitHub",
      columns: ["request", "number", "for each job"],
      rows: [
        ...[...found.requests]
          .sort(([left], [right]) => (left < right ? -1 : 1))
          .map(([kind, count]) => [kind, number(count), perJob(count)]),
        ["of these, counted by the limit of the REST API", number(found.rest), perJob(found.rest)],
        ["refused for a limit", number(found.refusedForLimit), ""],
        ["failed", number(found.failedRequests), ""],
      ],
      notes: [
        `The busiest path, of ${options.unitsOfPath} units, used ${number(found.busiestHour)} of its 5000 REST requests in one ` +
          `hour; all ${options.units} units together ${number(Math.round(found.rest / hours))} in an hour on average.`,
      ],
    },
  ];
}

function cellsOf({ jobs, p50, p95, p99, longest }: Waits): readonly string[] {
  return [
    number(jobs),
    ...[p50, p95, p99, longest].map((each) => (jobs === 0 ? "-" : `${each.toFixed(1)} s`)),
  ];
}

function number(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, " ");
}
