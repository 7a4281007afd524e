import { join, relative } from "node:path";
import ts from "typescript";
import type { ApiDoc, ApiExport, ApiMember } from "./api.ts";
import { mentionsOf } from "./mentions.ts";
import { memberSignature, signatureOf } from "./signature.ts";

const TAGS: readonly string[] = ["throws", "returns", "default"] satisfies ApiDoc["tags"][number]["name"][];

/**
 * Reads what index modules export, from the sources.
 *
 * @param indexes paths relative to the root.
 * @returns the exports of each index, in the order of their names.
 */
export function readApi(root: string, indexes: readonly string[]): readonly (readonly ApiExport[])[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram({ rootNames: indexes.map((index) => join(root, index)), options });
  const checker = program.getTypeChecker();
  return indexes.map((index) => {
    const source = program.getSourceFile(join(root, index));
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`Cannot read the API of ${index}: it is missing or exports nothing`);
    return checker
      .getExportsOfModule(module)
      .map((symbol) => readExport(root, checker, symbol))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

function readExport(root: string, checker: ts.TypeChecker, exported: ts.Symbol): ApiExport {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declaration = symbol.declarations?.[0];
  if (!declaration) throw new Error(`Cannot read the API: ${exported.name} is declared nowhere`);
  const isTypeOnly = exported.declarations?.some(ts.isTypeOnlyExportDeclaration) ?? false;
  return {
    name: exported.name,
    original: symbol.name,
    kind: kindOf(declaration),
    signature: signaturesOf(checker, symbol, declaration),
    doc: docOf(checker, symbol, declaration),
    members: membersOf(checker, declaration, isTypeOnly),
    file: relative(root, declaration.getSourceFile().fileName),
    mentions: mentionsOf(root, checker, { declaration, isTypeOnly }),
  };
}

/** The signature, or those of all overloads. */
function signaturesOf(checker: ts.TypeChecker, symbol: ts.Symbol, declaration: ts.Declaration): string {
  const overloads = (symbol.declarations ?? []).filter(
    (each) => ts.isFunctionDeclaration(each) && each.body === undefined,
  );
  const all = overloads.length > 0 ? overloads : [declaration];
  return all.map((each) => signatureOf(checker, each).replace(/;$/, "")).join(";\n");
}

function kindOf(declaration: ts.Declaration): ApiExport["kind"] {
  if (ts.isClassDeclaration(declaration)) return "class";
  if (ts.isInterfaceDeclaration(declaration)) return "interface";
  if (ts.isTypeAliasDeclaration(declaration)) return "type";
  return ts.isFunctionDeclaration(declaration) ? "function" : "constant";
}

function membersOf(checker: ts.TypeChecker, declaration: ts.Declaration, isTypeOnly: boolean): ApiMember[] {
  if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) return [];
  const members: readonly (ts.ClassElement | ts.TypeElement)[] = [...declaration.members];
  return members.filter(isPublic).flatMap((member) => {
    const symbol = member.name ? checker.getSymbolAtLocation(member.name) : undefined;
    if (isImplementation(member, symbol) || (isTypeOnly && ts.isConstructorDeclaration(member))) return [];
    const doc = docOf(checker, symbol, member);
    return [{ signature: memberSignature(checker, member), doc, isPlumbing: isPlumbing(member, doc) }];
  });
}

/** What is behind overloads is seen by nobody. */
function isImplementation(member: ts.ClassElement | ts.TypeElement, symbol: ts.Symbol | undefined): boolean {
  if (!ts.isMethodDeclaration(member) || !member.body) return false;
  return (symbol?.declarations?.length ?? 0) > 1;
}

/** A constructor that says nothing of itself is for the framework to call. */
function isPlumbing(member: ts.ClassElement | ts.TypeElement, doc: ApiDoc): boolean {
  if (member.name && ts.isComputedPropertyName(member.name)) return true;
  return ts.isConstructorDeclaration(member) && doc.text === "" && doc.params.length === 0;
}

function isPublic(member: ts.ClassElement | ts.TypeElement): boolean {
  if (member.name && ts.isPrivateIdentifier(member.name)) return false;
  return (
    (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0
  );
}

function docOf(checker: ts.TypeChecker, symbol: ts.Symbol | undefined, node: ts.Node): ApiDoc {
  const tags = ts.getJSDocTags(node);
  const own = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.comment;
  // The compiler gives the symbol of an overloaded method the comments of all its overloads.
  const isBySymbol = symbol !== undefined && !(isMethod(node) && own !== undefined);
  const text = isBySymbol
    ? ts.displayPartsToString(symbol.getDocumentationComment(checker))
    : commentText(own);
  return {
    text: cleanLinks(text),
    params: tags.filter(ts.isJSDocParameterTag).flatMap((tag) => {
      const described = commentText(tag.comment).replace(/^-\s*/, "");
      return described ? [{ name: tag.name.getText(), text: described }] : [];
    }),
    tags: tags.flatMap((tag) => {
      const name = tag.tagName.text;
      if (!TAGS.includes(name)) return [];
      return [{ name: name as ApiDoc["tags"][number]["name"], text: tagText(tag) }];
    }),
  };
}

function isMethod(node: ts.Node): boolean {
  return ts.isMethodDeclaration(node) || ts.isMethodSignature(node);
}

/** Of `@throws {@link X} when ...` the compiler takes the link for a tag of its own; so the text is the source's. */
function tagText(tag: ts.JSDocTag): string {
  const comment = tag.parent;
  const tags = ts.isJSDoc(comment) ? (comment.tags ?? []) : [];
  const next = tags.find((other) => other.pos > tag.pos && beginsLine(other));
  const end = next?.getStart() ?? comment.end - "*/".length;
  const text = tag.getSourceFile().text.slice(tag.getStart() + `@${tag.tagName.text}`.length, end);
  return text.replaceAll(/\n\s*\* ?/g, "\n").trim();
}

function beginsLine(tag: ts.JSDocTag): boolean {
  const before = tag.getSourceFile().text.slice(0, tag.getStart());
  return /\n\s*\*\s*$/.test(before);
}

function commentText(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  return cleanLinks(ts.getTextOfJSDocComment(comment) ?? "");
}

/** The compiler gives links with white space of its own. */
function cleanLinks(text: string): string {
  return text.replaceAll(/\{@link\s+([^\s}]+)\s*\}/g, "{@link $1}").trim();
}
