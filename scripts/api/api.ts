import type { Mention } from "./mentions.ts";

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
  /** Not for readers of the reference: a constructor without a docstring, or a member with a computed name. */
  readonly isPlumbing: boolean;
}

/** An export of an index module. */
export interface ApiExport {
  readonly name: string;
  /** Its name in the file that declares it. */
  readonly original: string;
  readonly kind: "class" | "interface" | "type" | "function" | "constant";
  /** The declaration without bodies; of classes and interfaces without members. */
  readonly signature: string;
  readonly doc: ApiDoc;
  readonly members: readonly ApiMember[];
  /** Path of the file that declares it, relative to the root. */
  readonly file: string;
  /** Types of the repository that the signature and the members name. */
  readonly mentions: readonly Mention[];
}
