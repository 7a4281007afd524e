/**
 * Binds the public methods of an object to it, so that `this.onInstall` can be handed over as a handler.
 *
 * @param base the class whose own methods, and those above it, are left alone.
 */
export function bindMethods(object: object, base: abstract new (...parameters: never[]) => object): void {
  const bound = new Set<string>(["constructor"]);
  for (let link = prototypeOf(object); link && link !== base.prototype; link = prototypeOf(link)) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(link))) {
      if (bound.has(name)) continue;
      bound.add(name);
      const method: unknown = property.value;
      if (typeof method !== "function") continue;
      Object.defineProperty(object, name, { ...property, value: method.bind(object) as unknown });
    }
  }
}

function prototypeOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}
