import ts from "typescript";

/** A declaration as it would stand in a `.d.ts`, without bodies and initialisers; of classes and interfaces the head. */
export function signatureOf(checker: ts.TypeChecker, declaration: ts.Declaration): string {
  if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
    return withoutExport(textUpTo(declaration, declaration.members.pos).replace(/\{\s*$/, ""));
  }
  if (ts.isFunctionDeclaration(declaration)) {
    return withoutExport(textUpTo(declaration, declaration.body?.pos ?? declaration.end)).replace(
      /^async /,
      "",
    );
  }
  if (ts.isVariableDeclaration(declaration)) {
    const type = declaration.type?.getText() ?? checker.typeToString(checker.getTypeAtLocation(declaration));
    return `const ${declaration.name.getText()}: ${type}`;
  }
  return withoutExport(declaration.getText());
}

/** A member of a class or an interface, in the same form. */
export function memberSignature(checker: ts.TypeChecker, member: ts.ClassElement | ts.TypeElement): string {
  if (ts.isPropertyDeclaration(member) && !member.type) {
    const type = checker.typeToString(checker.getTypeAtLocation(member), member);
    return `${textUpTo(member, member.initializer?.getFullStart() ?? member.end).replace(/\s*=?\s*;?$/, "")}: ${type}`;
  }
  const body = "body" in member ? (member.body as ts.Block | undefined) : undefined;
  const initializer = ts.isPropertyDeclaration(member) ? member.initializer : undefined;
  const end = body?.pos ?? initializer?.getFullStart() ?? member.end;
  return textUpTo(member, end)
    .replace(/\s*=?\s*;?$/, "")
    .replace(/^(?:override |async )*\*?/, "");
}

function textUpTo(node: ts.Node, end: number): string {
  return node.getSourceFile().text.slice(node.getStart(), end).trim();
}

function withoutExport(text: string): string {
  return text.replace(/^export /, "").trim();
}
