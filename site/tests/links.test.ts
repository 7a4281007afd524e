import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { siteName } from "../build/pages.ts";
import { builtPages, fileOf, SITE, sourcePages } from "./built-site.ts";

const TARGET = /\s(?:href|src)="([^"]*)"/g;
const ANCHOR = /\sid="([^"]+)"/g;

const pages = builtPages();
const html = new Map(pages.map((page) => [page, readFileSync(join(SITE, page), "utf8")]));

function brokenTargets(page: string, text: string): string[] {
  const targets = new Set(
    [...text.matchAll(TARGET)].map(([, target = ""]) => target.replaceAll("&amp;", "&")),
  );
  return [...targets].filter((target) => isBroken(target, page)).map((target) => `${page}: ${target}`);
}

function isBroken(target: string, page: string): boolean {
  const { origin, pathname, hash } = new URL(target, `http://site/${page}`);
  if (origin !== "http://site") return !/^(https:|mailto:|data:)/.test(target);
  const file = fileOf(pathname);
  if (file === undefined) return true;
  if (hash === "" || !file.endsWith(".html")) return false;
  const ids = [...readFileSync(file, "utf8").matchAll(ANCHOR)].map(([, id]) => id);
  return !ids.includes(decodeURIComponent(hash.slice(1)));
}

describe("the built site", () => {
  it("has every page of the documentation", () => {
    expect(pages).to.deep.equal(
      sourcePages()
        .map((path) => siteName(path).replace(/\.md$/, ".html"))
        .sort(),
    );
  });

  it("has no link, picture or script that leads nowhere", () => {
    expect([...html].flatMap(([page, text]) => brokenTargets(page, text))).to.deep.equal([]);
  });

  it("has a title and a description for each page that no other page has", () => {
    for (const pattern of [/<title>([^<]*)<\/title>/, /<meta name="description" content="([^"]*)">/]) {
      const texts = pages.map((page) => pattern.exec(html.get(page) ?? "")?.[1] ?? "");
      const faults = texts.filter((text, index) => text.length < 10 || texts.indexOf(text) !== index);
      expect(faults).to.deep.equal([]);
    }
  });

  it("offers to change every page that people write, at its file in the repository", () => {
    for (const path of sourcePages()) {
      const generated = readFileSync(join(SITE, "../..", path), "utf8").startsWith("<!-- Generated");
      const text = html.get(siteName(path).replace(/\.md$/, ".html")) ?? "";
      expect(text.includes(`/edit/main/${path}"`), path).to.equal(!generated);
    }
  });

  it("has a heading for each column of its tables", () => {
    const unnamed = /<th(?: [^>]*)?>\s*<\/th>/;
    expect([...html].filter(([, text]) => unnamed.test(text)).map(([page]) => page)).to.deep.equal([]);
  });

  it("draws every diagram", () => {
    const drawn = [...html.values()].join("").split('<figure class="diagram"').length - 1;
    const sources = sourcePages().map((path) => readFileSync(join(SITE, "../..", path), "utf8"));
    expect(drawn).to.equal(sources.join("").split("```mermaid").length - 1);
    expect(
      [...html].filter(([, text]) => text.includes("language-mermaid")).map(([page]) => page),
    ).to.deep.equal([]);
  });
});
