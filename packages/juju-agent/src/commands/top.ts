import { systemClock } from "charm-kit";
import { renderScene, type Style } from "../live/render-live.ts";
import type { LiveView } from "../live/live-view.ts";
import type { AddVerbs, CommandCall } from "./command.ts";

const TICK_MS = 1000;
/** Of what is no terminal. */
const COLUMNS = 80;
const QUIT: readonly string[] = ["q", "Q", "\u0003", "\u0004"];
/** The alternate screen without a cursor, so that what was there before is there again afterwards. */
const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";

export const addTop: AddVerbs = ({ add, run }) => {
  add("top", "Show units live: what each of them does, and what fails")
    .description(
      "Shows units live, with what their charms' programs tell of them, until q or Ctrl-C. On anything but a terminal, and with " +
        "--json, it prints the present once.",
    )
    .action(() =>
      run((call) => (call.isJson || !call.terminal.size() ? printOnce(call) : watch(call)).then(() => 0)),
    );
};

async function printOnce({ agent, report, signal, terminal }: CommandCall): Promise<void> {
  const [status, views] = await Promise.all([agent.status(), agent.liveViews(signal)]);
  const style = { columns: COLUMNS, hasColour: false, hasUnicode: terminal.hasUnicode };
  const lines = renderScene({ status, views, now: systemClock.now() }, style);
  report({ model: status.model, applications: withViews(status, views) }, `${lines.join("\n")}\n`);
}

/** Applications with the live views of their units, for JSON. */
export function withViews(
  { applications }: Awaited<ReturnType<CommandCall["agent"]["status"]>>,
  views: Readonly<Record<string, LiveView>>,
): object {
  const described = Object.entries(applications).map(([name, application]) => {
    const units = Object.entries(application.units).map(([unit, each]) => {
      const live = views[unit];
      return [unit, live === undefined ? each : { ...each, live }] as const;
    });
    return [name, { ...application, units: Object.fromEntries(units) }] as const;
  });
  return Object.fromEntries(described);
}

async function watch(call: CommandCall): Promise<void> {
  const { agent, print, signal, terminal } = call;
  const ended = new AbortController();
  const running = AbortSignal.any([signal, ended.signal]);
  const views: Record<string, LiveView> = {};
  let status = await agent.status();
  const draw = () => {
    const size = terminal.size();
    if (!size || running.aborted) return;
    const style: Style = { ...size, hasColour: terminal.hasColour, hasUnicode: terminal.hasUnicode };
    print(frame(renderScene({ status, views, now: systemClock.now() }, style)));
  };
  const end = terminal.attend((key) => {
    if (QUIT.includes(key)) ended.abort();
  }, draw);
  print(ENTER);
  try {
    draw();
    const watching = agent.watchLiveViews((unit, view) => {
      if (view) views[unit] = view;
      else Reflect.deleteProperty(views, unit);
      draw();
    }, running);
    // Times grow, and hooks set statuses.
    while (!running.aborted) {
      await systemClock.wait(TICK_MS, running).catch(() => undefined);
      status = await agent.status();
      draw();
    }
    await watching;
  } finally {
    end();
    print(LEAVE);
  }
}

/** Draws over the picture before, without clearing it first: nothing flickers. */
function frame(lines: readonly string[]): string {
  return `\u001b[H${lines.map((line) => `${line}\u001b[K`).join("\r\n")}\u001b[J`;
}
