const owners = new WeakMap<object, string>();

/** Notes under which name a handler is known from dispatch to dispatch. */
export function nameHandler(handler: object, name: string): void {
  owners.set(handler, name);
}

/** The stable name of a handler: `Class.method` of a bound method, else the name of the function; of a lambda none. */
export function handlerName(handler: object): string | undefined {
  const { name } = handler as { readonly name?: string };
  return owners.get(handler) ?? (name === "" ? undefined : name);
}
