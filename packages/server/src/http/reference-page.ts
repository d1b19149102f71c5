import { allOperations, errorCodes, type Operation } from '@fovea/contract';
import { z } from 'zod';

/** The rendered API reference: one page without scripts or outside resources, made from the operation table. */
export function referencePage(version: string): string {
  const features = Map.groupBy(allOperations, (operation) => operation.id.split('.')[0] ?? '');
  const menu = [...features.keys()].map((feature) => `<a href="#${feature}">${feature}</a>`).join('');
  const sections = [...features].map(([feature, operations]) => `<h2 id="${feature}">${feature}</h2>${operations.map(section).join('')}`).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Fovea API</title><style>${style}</style></head><body><nav><strong>Fovea API</strong> <small>${version}</small>${menu}<a href="#errors">errors</a><a href="/openapi.json">openapi.json</a></nav>
<main><h1>API reference</h1><p>Every call carries <code>Authorization: Bearer KEY</code>. Lists answer <code>{ "data": [...], "next": cursor }</code>; errors are problem details (RFC 9457) with a stable <code>code</code>. Every POST takes an <code>Idempotency-Key</code>, updates take <code>If-Match</code> with the revision.</p>
${sections}<h2 id="errors">Errors</h2>${errorTable()}</main></body></html>`;
}

function section(operation: Operation): string {
  const sdk = `fovea.${operation.id}()`;
  const allowed = operation.audience === 'public' ? 'anybody' : `${operation.audience}, scope ${operation.scope ?? 'none'}`;
  return `<article id="${operation.id}"><h3><span class="method ${operation.method}">${operation.method}</span> <code>${escape(operation.path)}</code></h3>
<p>${escape(operation.summary)}</p>${operation.description ? `<p>${escape(operation.description)}</p>` : ''}
<p class="facts">SDK <code>${sdk}</code> · for ${escape(allowed)} · answers ${operation.status}${operation.errors.length > 0 ? ` · errors ${operation.errors.map((code) => `<code>${code}</code>`).join(' ')}` : ''}</p>
${table('Path', operation.params)}${table('Query', operation.query)}${body('Body', operation.body, 'input')}${body('Answer', operation.result, 'output')}</article>`;
}

function body(title: string, schema: Operation['body'], io: 'input' | 'output'): string {
  if (schema === undefined) return '';
  if (typeof schema === 'string') return `<p class="facts">${title}: ${schema}</p>`;
  if (schema instanceof z.ZodObject) return table(title, schema, io);
  return `<details><summary>${title}</summary><pre>${escape(JSON.stringify(jsonSchema(schema, io), null, 2))}</pre></details>`;
}

function table(title: string, schema: z.ZodObject | undefined, io: 'input' | 'output' = 'input'): string {
  if (!schema) return '';
  const { properties = {}, required = [] } = jsonSchema(schema, io) as { properties?: Record<string, Record<string, unknown>>; required?: string[] };
  const rows = Object.entries(properties).map(
    ([name, field]) =>
      `<tr><td><code>${escape(name)}</code>${required.includes(name) && io === 'input' ? '<b title="required">*</b>' : ''}</td><td>${escape(typeOf(field))}</td><td>${escape(String(field['description'] ?? ''))}</td></tr>`,
  );
  return `<details${io === 'input' ? ' open' : ''}><summary>${title}</summary><table>${rows.join('')}</table></details>`;
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>;
}

function typeOf(field: Record<string, unknown>): string {
  const alternatives = field['anyOf'] ?? field['oneOf'];
  if (Array.isArray(alternatives)) return alternatives.map((one) => typeOf(one as Record<string, unknown>)).join(' | ');
  if (Array.isArray(field['enum'])) return field['enum'].map((value) => JSON.stringify(value)).join(' | ');
  if ('const' in field) return JSON.stringify(field['const']);
  const limits = ['minimum', 'maximum', 'maxLength', 'default'].filter((key) => key in field && Math.abs(Number(field[key])) < 2 ** 53 - 1).map((key) => `${key} ${JSON.stringify(field[key])}`);
  // A list of fixed places has no schema for further ones.
  if (Array.isArray(field['prefixItems'])) return `[${field['prefixItems'].map((one) => typeOf(one as Record<string, unknown>)).join(', ')}]`;
  const base = field['type'] === 'array' ? `${typeOf((field['items'] ?? {}) as Record<string, unknown>)}[]` : String(field['format'] ?? field['type'] ?? 'any');
  return limits.length > 0 ? `${base} (${limits.join(', ')})` : base;
}

function errorTable(): string {
  return `<table>${Object.entries(errorCodes).map(([code, { status, title }]) => `<tr><td><code>${code}</code></td><td>${status}</td><td>${title}</td></tr>`).join('')}</table>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char] ?? char);
}

const style = `:root{color-scheme:light dark;--line:light-dark(#d9dde3,#333a44);--soft:light-dark(#f5f7f9,#1a1f26);--text:light-dark(#1b222b,#e3e8ee);--mute:light-dark(#5b6673,#98a3b0);--accent:light-dark(#0b6e77,#4fc3cf)}
*{box-sizing:border-box}body{margin:0;font:15px/1.55 system-ui,sans-serif;color:var(--text);background:light-dark(#fff,#12161b);display:grid;grid-template-columns:210px minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:24px 20px;border-right:1px solid var(--line);background:var(--soft)}nav a{display:block;color:inherit;text-decoration:none;padding:3px 0}nav a:hover{color:var(--accent)}nav strong{font-size:17px}
main{max-width:960px;padding:24px 40px 120px}h2{margin-top:56px;text-transform:capitalize}article{border:1px solid var(--line);border-radius:8px;padding:4px 20px 14px;margin:18px 0}
h3{font-size:15px;font-weight:600}.method{display:inline-block;min-width:58px;font-size:12px;font-weight:700;color:var(--accent)}.DELETE{color:light-dark(#b3261e,#ff8a80)}
code{font:13px ui-monospace,monospace}.facts{color:var(--mute);font-size:13px}table{border-collapse:collapse;width:100%;font-size:13.5px;margin:8px 0}td{border-top:1px solid var(--line);padding:5px 10px 5px 0;vertical-align:top}td:first-child{width:190px}b{color:var(--accent)}summary{cursor:pointer;color:var(--mute);font-size:13px}pre{overflow:auto;background:var(--soft);padding:12px;border-radius:6px;font-size:12px}
@media(max-width:760px){body{display:block}nav{position:static;height:auto}main{padding:16px}}`;
