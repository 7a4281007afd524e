/** Builds an API path; what is put in is percent-encoded. Used as a template tag. */
export function path(pieces: TemplateStringsArray, ...names: readonly (string | number)[]): string {
  return pieces.reduce(
    (built, piece, index) => `${built}${encodeURIComponent(String(names[index - 1]))}${piece}`,
  );
}

/** The name at the end of an object's URL, such as `/1.0/instances/x?project=p`. */
export function nameFromURL(url: string): string {
  const query = url.indexOf("?");
  const plain = query < 0 ? url : url.slice(0, query);
  return decodeURIComponent(plain.slice(plain.lastIndexOf("/") + 1));
}
