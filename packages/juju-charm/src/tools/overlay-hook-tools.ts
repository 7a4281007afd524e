import type { HookTools } from "./hook-tools.ts";

/** Hook tools with some members replaced. */
export function overlayHookTools(tools: HookTools, members: Partial<HookTools>): HookTools {
  return new Proxy(tools, {
    get: (_, member) => {
      const source = Object.hasOwn(members, member) ? members : tools;
      const value: unknown = Reflect.get(source, member);
      if (typeof value !== "function") return value;
      // Called on their own object, because members may use its private state.
      return (...parameters: readonly unknown[]): unknown => Reflect.apply(value, source, parameters);
    },
  });
}
