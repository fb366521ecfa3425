/** A piece of HTML that is safe to put into a page. */
export interface Markup {
  readonly html: string;
}

type Part = string | number | Markup | readonly Markup[];

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function render(part: Part): string {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
  if ('html' in part) return part.html;
  return part.map(({ html }) => html).join('');
}

/** HTML from a template: texts are escaped, markup is kept. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { html: strings.map((text, i) => text + (i < parts.length ? render(parts[i]!) : '')).join('') };
}

/** A table. The first `heads` cells of each row are heads of that row. */
export function table(head: readonly Part[], rows: readonly (readonly Part[])[], heads = 1): Markup {
  const cells = (row: readonly Part[]): Markup[] => row.map((cell, i) => (i < heads ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`));
  return html`<table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${cells(row)}</tr>\n`)}</tbody></table>`;
}
