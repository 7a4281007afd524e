/**
 * Puts new sections into a page, each in the place of the old one of its heading. Pure.
 *
 * @param page the page as it is.
 * @param fresh a whole page, of which the named sections are taken.
 * @param headings of sections, such as `Deploy`.
 */
export function replaceSections(page: string, fresh: string, headings: readonly string[]): string {
  const sections = new Map(split(fresh).map((section) => [headingOf(section), section]));
  return split(page)
    .map((section) =>
      headings.includes(headingOf(section)) ? (sections.get(headingOf(section)) ?? section) : section,
    )
    .join("");
}

function split(page: string): readonly string[] {
  return page.split(/^(?=## )/m);
}

function headingOf(section: string): string {
  return /^## (.*)$/m.exec(section)?.[1] ?? "";
}
