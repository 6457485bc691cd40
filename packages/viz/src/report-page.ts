import { escapeXml } from './svg.ts';

const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--card:#f6f8fa;--edge:#d0d7de;--link:#0550ae}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b1;--paper:#0d1117;--card:#161b22;--edge:#30363d;--link:#79c0ff}}
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
header,main,footer{max-width:72rem;margin:0 auto;padding:1rem 1.25rem}h1{margin:.5rem 0 .25rem;font-size:1.75rem}
h2{margin:2rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--edge);font-size:1.25rem}
nav a,a{color:var(--link)}nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.5rem 0;padding:0;list-style:none}
.soft{color:var(--soft)}.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr))}.grid.wide{grid-template-columns:minmax(0,1fr)}
figure{margin:0;padding:.75rem;border:1px solid var(--edge);border-radius:.5rem;background:var(--card)}
figure svg{display:block;width:100%;height:auto}figcaption{margin-top:.5rem;color:var(--soft);font-size:.875rem}
.pair{display:grid;gap:.5rem;grid-template-columns:1fr 1fr}.pair p{margin:0 0 .25rem;font-size:.875rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--edge)}
th{font-weight:600}.scroll{overflow-x:auto}pre{margin:0;padding:1rem;overflow-x:auto;border:1px solid var(--edge);border-radius:.5rem;background:var(--card);font-size:.8125rem}
details{margin-top:.5rem;font-size:.875rem}:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media (max-width:40rem){.pair{grid-template-columns:1fr}}@media print{nav{display:none}figure{break-inside:avoid}}`.replace(
  /\n/g,
  '',
);

/** A part of the page; sections without content are left out by the caller. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** HTML, already escaped. */
  readonly html: string;
}

/** A table with row headings; cells are escaped. */
export const tableHtml = (
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string => {
  const head =
    columns.length > 0
      ? `<thead><tr>${columns.map((c) => `<th scope="col">${escapeXml(c)}</th>`).join('')}</tr></thead>`
      : '';
  const body = rows
    .map(
      ([first = '', ...rest]) =>
        `<tr><th scope="row">${escapeXml(first)}</th>${rest.map((c) => `<td>${escapeXml(c)}</td>`).join('')}</tr>`,
    )
    .join('');
  return `<div class="scroll"><table><caption class="soft">${escapeXml(caption)}</caption>${head}<tbody>${body}</tbody></table></div>`;
};

/** The whole page: one file, no script, nothing fetched. */
export const pageHtml = (title: string, subtitle: string, sections: readonly Section[]): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeXml(title)}</title><style>${style}</style></head>
<body><header><h1>${escapeXml(title)}</h1><p class="soft">${escapeXml(subtitle)}</p>
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => `<li><a href="#${id}">${escapeXml(name)}</a></li>`).join('')}</ul></nav></header>
<main>${sections.map(({ id, title: name, html }) => `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${escapeXml(name)}</h2>${html}</section>`).join('\n')}</main>
<footer class="soft">Written by DETRain.</footer></body></html>
`;
