import { nameHandler } from "./events/handler-name.ts";

/**
 * Binds the public methods of an object, so that `this.onInstall` works as a handler.
 *
 * The observer name of each method is `<class>.<method>`, such as `HelloCharm.onInstall`.
 *
 * @param base the class where binding stops: its methods and inherited ones stay unbound.
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
