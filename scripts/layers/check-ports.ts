import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** An interface with methods that a room asks of the outside. */
interface Port {
  readonly name: string;
  readonly methods: readonly string[];
}

/** What was found out about the ports of a repository. */
export interface PortReport {
  /** One line for each port that its own room does not call. */
  readonly violations: readonly string[];
  /** Number of ports that were looked at. */
  readonly ports: number;
}

/**
 * Checks that each port of a `ports.ts` below `src/` is called in the folder that declares it. A port stands with whoever
 * calls it; one that others call is in the wrong room.
 *
 * @throws when there is no port.
 */
export function checkPorts(root: string): PortReport {
  const modules = globSync("src/**/ports.ts", { cwd: root }).sort();
  const found = modules.flatMap((module) =>
    portsOf(read(root, module)).map((port) => ({ module, port, callers: siblingsOf(root, module) })),
  );
  if (found.length === 0) throw new Error("Cannot check the ports: no ports.ts below src/ declares one");
  const violations = found
    .filter(({ port, callers }) => !callers.some((source) => calls(source, port)))
    .map(
      ({ module, port }) => `${module}: ${dirname(module)} calls no ${port.name}; move it to whoever does`,
    );
  return { violations, ports: found.length };
}

function read(root: string, path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true);
}

function siblingsOf(root: string, module: string): readonly ts.SourceFile[] {
  return globSync(`${dirname(module)}/**/*.ts`, { cwd: root })
    .filter((path) => path !== module)
    .map((path) => read(root, path));
}

function portsOf(source: ts.SourceFile): readonly Port[] {
  return source.statements.filter(ts.isInterfaceDeclaration).flatMap(({ name, members }) => {
    const methods = members.flatMap((member) =>
      ts.isMethodSignature(member) && ts.isIdentifier(member.name) ? [member.name.text] : [],
    );
    return methods.length > 0 ? [{ name: name.text, methods }] : [];
  });
}

/** Whether a module imports a port and calls a method of that name. */
function calls(source: ts.SourceFile, { name, methods }: Port): boolean {
  return importsPort(source, name) && has(source, (node) => isCallOf(node, methods));
}

function importsPort(source: ts.SourceFile, name: string): boolean {
  return has(
    source,
    (node) =>
      ts.isImportSpecifier(node) &&
      (node.propertyName ?? node.name).text === name &&
      /(?:^|\/)ports\.ts"$/.test(node.parent.parent.parent.moduleSpecifier.getText()),
  );
}

function isCallOf(node: ts.Node, methods: readonly string[]): boolean {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    methods.includes(node.expression.name.text)
  );
}

function has(node: ts.Node, isWanted: (node: ts.Node) => boolean): boolean {
  return isWanted(node) || (ts.forEachChild(node, (child) => has(child, isWanted)) ?? false);
}
