import { relative } from "node:path";
import ts from "typescript";

/** A type that a signature names. */
export interface Mention {
  readonly name: string;
  /** Path of the file that declares it, relative to the root. */
  readonly file: string;
}

/** What to look for types in. */
export interface Mentioning {
  readonly declaration: ts.Declaration;
  /** Whether users can only name a class, so that its constructor is not for them. */
  readonly isTypeOnly: boolean;
}

/** The types of the repository that the public part of a declaration names. */
export function mentionsOf(
  root: string,
  checker: ts.TypeChecker,
  { declaration, isTypeOnly }: Mentioning,
): Mention[] {
  const found = new Map<ts.Symbol, Mention>();
  const add = (symbol: ts.Symbol | undefined) => {
    const declared = symbol && original(checker, symbol);
    const at = declared?.declarations?.[0];
    if (!declared || !at || declared.flags & ts.SymbolFlags.TypeParameter) return;
    const file = relative(root, at.getSourceFile().fileName);
    if (isOurs(file) && isOfModule(at)) found.set(declared, { name: declared.name, file });
  };
  const visit = (node: ts.Node): void => {
    if (isHidden(node) || (isTypeOnly && isForInheritance(node))) return;
    const inferred = inferredType(checker, node);
    if (inferred) for (const symbol of symbolsOf(checker, inferred)) add(symbol);
    if (ts.isTypeReferenceNode(node)) add(checker.getSymbolAtLocation(node.typeName));
    if (ts.isExpressionWithTypeArguments(node)) add(checker.getSymbolAtLocation(node.expression));
    ts.forEachChild(node, (child) => {
      if (isPartOfSignature(node, child)) visit(child);
    });
  };
  visit(declaration);
  return [...found.values()];
}

function original(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function isOurs(file: string): boolean {
  return file.startsWith("packages/");
}

/** Whether a declaration is a module's own, and not inside another one. */
function isOfModule(declaration: ts.Declaration): boolean {
  const holder = ts.isVariableDeclaration(declaration)
    ? declaration.parent.parent.parent
    : declaration.parent;
  return ts.isSourceFile(holder);
}

/** What only those see who make or extend a class. */
function isForInheritance(node: ts.Node): boolean {
  if (ts.isConstructorDeclaration(node)) return true;
  return ts.isClassElement(node) && (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Protected) !== 0;
}

/** Private members, and those that a build leaves out of declarations, are no part of what a user sees. */
function isHidden(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false;
  if (node.name && ts.isPrivateIdentifier(node.name)) return true;
  if (ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal")) return true;
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0;
}

/** Bodies and initial values are no part of a signature. */
function isPartOfSignature(parent: ts.Node, child: ts.Node): boolean {
  if (ts.isBlock(child)) return false;
  return !("initializer" in parent && parent.initializer === child);
}

/** The type of what has none written down. */
function inferredType(checker: ts.TypeChecker, node: ts.Node): ts.Type | undefined {
  const isTypeless =
    (ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node) || ts.isParameter(node)) && !node.type;
  return isTypeless ? checker.getTypeAtLocation(node) : undefined;
}

/** What a type is made of, one level deep: its own name, those of a union's members and of type arguments. */
function symbolsOf(checker: ts.TypeChecker, type: ts.Type): ts.Symbol[] {
  if (type.aliasSymbol) return [type.aliasSymbol];
  if (type.isUnionOrIntersection()) return type.types.flatMap((part) => symbolsOf(checker, part));
  const isReference = (type.flags & ts.TypeFlags.Object) !== 0 && "target" in type;
  const inner = isReference ? checker.getTypeArguments(type as ts.TypeReference) : [];
  const own = type.getSymbol();
  return [
    ...(own ? [own] : []),
    ...inner.filter((part) => part !== type).flatMap((part) => symbolsOf(checker, part)),
  ];
}
