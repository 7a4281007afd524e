const names = new WeakMap<object, string>();

/** Sets the stable name of a handler. */
export function nameHandler(handler: object, name: string): void {
  names.set(handler, name);
}

/** The stable name of a handler: `Class.method` of a bound method, else the function's name; undefined for a lambda. */
export function handlerName(handler: object): string | undefined {
  const { name } = handler as { readonly name?: string };
  return names.get(handler) ?? (name === "" ? undefined : name);
}
