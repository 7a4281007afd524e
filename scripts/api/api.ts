/** What a docstring says. */
export interface ApiDoc {
  /** Markdown, with `{@link Name}` as written. */
  readonly text: string;
  readonly params: readonly { readonly name: string; readonly text: string }[];
  /** Texts of `@throws`, `@returns` and `@default`, in their order. */
  readonly tags: readonly { readonly name: "throws" | "returns" | "default"; readonly text: string }[];
}

/** A public member of a class or an interface. */
export interface ApiMember {
  readonly signature: string;
  readonly doc: ApiDoc;
}

/** An export of an index module. */
export interface ApiExport {
  readonly name: string;
  readonly kind: "class" | "interface" | "type" | "function" | "constant";
  /** The declaration without bodies; of classes and interfaces without members. */
  readonly signature: string;
  readonly doc: ApiDoc;
  readonly members: readonly ApiMember[];
  /** Path of the file that declares it, relative to the root. */
  readonly file: string;
}
