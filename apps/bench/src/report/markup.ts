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

/** How a table is shown. */
export interface TableSettings {
  /** What the table holds, read out before it. */
  readonly caption: Part;
  /** Cells of each row that are heads of that row. @defaultValue 1 */
  readonly heads?: number | undefined;
  /** Class of a row. */
  readonly rowClass?: ((row: number) => string) | undefined;
  readonly tableClass?: string | undefined;
}

/** A cell with attributes of its own. */
export interface Cell {
  readonly content: Part;
  readonly style?: string | undefined;
  readonly kind?: string | undefined;
}

const isCell = (cell: Part | Cell): cell is Cell => typeof cell === 'object' && 'content' in cell;

function cellMarkup(cell: Part | Cell, isHead: boolean): Markup {
  const { content, style, kind } = isCell(cell) ? cell : { content: cell };
  const attributes = html`${kind === undefined ? html`` : html` class="${kind}"`}${style === undefined ? html`` : html` style="${style}"`}`;
  return isHead ? html`<th scope="row"${attributes}>${content}</th>` : html`<td${attributes}>${content}</td>`;
}

/** A table that scrolls by itself where it is wider than the page; the keyboard reaches it. */
export function captionedTable(head: readonly Part[], rows: readonly (readonly (Part | Cell)[])[], { caption, heads = 1, rowClass, tableClass = '' }: TableSettings): Markup {
  const body = rows.map((row, i) => html`<tr class="${rowClass?.(i) ?? ''}">${row.map((cell, j) => cellMarkup(cell, j < heads))}</tr>\n`);
  const name = typeof caption === 'string' ? caption : 'Table';
  return html`<div class="wide" role="region" tabindex="0" aria-label="${name}"><table class="${tableClass}"><caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col"><span>${cell}</span></th>`)}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}
