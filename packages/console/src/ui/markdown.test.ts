import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Markdown } from './markdown.tsx';

const shown = (text: string): string => renderToStaticMarkup(createElement(Markdown, { text }));

test('instructions are shown as what they mean', () => {
  const html = shown('# Cars\n\nDraw **tightly**, see [the guide](https://example.com/a).\n\n- one\n- `two`\n\n> careful');
  for (const part of ['<h3>Cars</h3>', '<strong>tightly</strong>', '<a href="https://example.com/a" target="_blank" rel="noreferrer">the guide</a>', '<li>one</li>', '<code>two</code>', '<blockquote><p>careful</p></blockquote>']) expect(html).toContain(part);
});

test.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<svg/onload=alert(1)>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '# <b onmouseover=alert(1)>x</b>',
  '- <style>*{display:none}</style>',
  '> <object data="data:text/html,x"></object>',
  '**<form action="https://example.com"><input name=password></form>**',
  '```\n</pre><script>alert(1)</script>\n```',
  '`</code><script>alert(1)</script>`',
  '[<img src=x onerror=alert(1)>](https://example.com)',
])('HTML in it is text: %s', (text) => {
  const html = shown(text);
  expect(html).not.toMatch(/<(script|img|svg|iframe|b|style|object|form|input)\b/i);
  expect(html).toContain('&lt;');
});

test.each(['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\tscript:alert(1)', '&#106;avascript:alert(1)', 'data:text/html,<script>alert(1)</script>', 'vbscript:x', 'file:///etc/passwd', '//evil.example', '\u0001javascript:alert(1)', 'https:x'])('a link or picture to %j leads nowhere', (address) => {
  for (const html of [shown(`[x](${address})`), shown(`![x](${address})`), shown(`**[x](${address})**`)]) expect(html).not.toMatch(/<(a|img)\b|href=|src=/);
});

test('an address cannot break out of its attribute', () => {
  const html = shown('[x](https://example.com/"onmouseover="alert(1)) ![y](https://example.com/"onerror="alert(1))');
  expect(html).not.toMatch(/"\s*on\w+=/);
});

test('quotes in quotes without end, and marks without end, are shown', () => {
  expect(shown('>'.repeat(100_000))).toContain('<blockquote>');
  expect(shown(`x ${'*'.repeat(10_000)}`)).toContain('*');
  expect(shown('[x]('.repeat(2_000))).toContain('[x](');
});
