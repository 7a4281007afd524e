import { nameHandler } from "./events/handler-name.ts";

/**
 * Binds the public methods of an object to it, so that `this.onInstall` can be handed over as a handler.
 *
 * Each is known as an observer by the class of the object and its own name, such as `HelloCharm.onInstall`.
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
      const handler = method.bind(object) as object;
      nameHandler(handler, `${object.constructor.name}.${name}`);
      Object.defineProperty(object, name, { ...property, value: handler });
    }
  }
}

function prototypeOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}
