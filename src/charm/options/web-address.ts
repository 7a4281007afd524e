import { OptionFault } from "./option-reader.ts";

/** What the address of a server may be. */
export interface WebAddressRules {
  /** Whether `http:` is accepted beside `https:`. */
  readonly http: boolean;
}

/**
 * Reads the address of a server.
 *
 * @returns the address without a slash at its end.
 * @throws {@link OptionFault} for anything else; it holds nothing of the text, where people put passwords.
 */
export function parseWebAddress(text: string, { http }: WebAddressRules): string {
  const url = /[\s"'\\<>^`{|}]/.test(text) ? null : URL.parse(text);
  if (url?.protocol === "http:" && !http) throw new OptionFault("http, not https");
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw new OptionFault("not the address of a server");
  if (url.username !== "" || url.password !== "") throw new OptionFault("holds a user name or a password");
  if (url.search !== "" || url.hash !== "") throw new OptionFault("holds a query or a fragment");
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
