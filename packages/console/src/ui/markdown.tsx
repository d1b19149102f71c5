import { Fragment, type ReactNode } from 'react';
import classes from './markdown.module.css';

/**
 * Markdown as elements: headings, paragraphs, lists, quotes, code, rules, emphasis, links, pictures. HTML in it is text like any other, and
 * links lead to http, https and mailto addresses only, so that nothing a stranger writes is executed.
 */
export function Markdown({ text }: { text: string }) {
  return <div className={classes['markdown']}>{blocksOf(text.replaceAll('\r\n', '\n').split('\n'))}</div>;
}

interface Block {
  /** Recognises the first line. */
  readonly begins: RegExp;
  /** Whether a further line belongs to it. */
  readonly goesOn: (line: string) => boolean;
  readonly show: (lines: readonly string[], key: number) => ReactNode;
}

const special = /^(#{1,6}\s|\s*[-*+]\s|\s*\d+[.)]\s|>|```|(-{3,}|\*{3,}|_{3,})\s*$)/;
const isIndented = (line: string) => /^\s{2,}\S/.test(line);

const blocks: readonly Block[] = [
  { begins: /^#{1,6}\s/, goesOn: () => false, show: ([line = ''], key) => heading(line, key) },
  { begins: /^(-{3,}|\*{3,}|_{3,})\s*$/, goesOn: () => false, show: (_lines, key) => <hr key={key} /> },
  { begins: /^>/, goesOn: (line) => line.startsWith('>'), show: (lines, key) => <blockquote key={key}>{blocksOf(unquoted(lines))}</blockquote> },
  { begins: /^\s*[-*+]\s/, goesOn: (line) => /^\s*[-*+]\s/.test(line) || isIndented(line), show: (lines, key) => <ul key={key}>{itemsOf(lines, /^\s*[-*+]\s+/)}</ul> },
  { begins: /^\s*\d+[.)]\s/, goesOn: (line) => /^\s*\d+[.)]\s/.test(line) || isIndented(line), show: (lines, key) => <ol key={key}>{itemsOf(lines, /^\s*\d+[.)]\s+/)}</ol> },
  { begins: /./, goesOn: (line) => line.trim() !== '' && !special.test(line), show: (lines, key) => <p key={key}>{inline(lines.join('\n'))}</p> },
];

/** One level less; quotes in quotes in quotes end somewhere. */
function unquoted(lines: readonly string[]): string[] {
  const mark = lines.some((line) => /^(>\s?){9}/.test(line)) ? /^(>\s?)+/ : /^>\s?/;
  return lines.map((line) => line.replace(mark, ''));
}

function blocksOf(lines: readonly string[]): ReactNode[] {
  const shown: ReactNode[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    let end = at + 1;
    if (line.startsWith('```')) {
      while (end < lines.length && !(lines[end] ?? '').startsWith('```')) end++;
      shown.push(<pre key={at}>{lines.slice(at + 1, end).join('\n')}</pre>);
      end++;
    } else if (line.trim() !== '') {
      const block = blocks.find(({ begins }) => begins.test(line));
      while (block && end < lines.length && block.goesOn(lines[end] ?? '')) end++;
      shown.push(block?.show(lines.slice(at, end), at));
    }
    at = end;
  }
  return shown;
}

/** One level lower than written: the page has its own first heading. */
function heading(line: string, key: number): ReactNode {
  const level = /^#+/.exec(line)?.[0].length ?? 1;
  const Tag = level === 1 ? 'h3' : level === 2 ? 'h4' : 'h5';
  return <Tag key={key}>{inline(line.replace(/^#+\s+/, '').replace(/\s+#+\s*$/, ''))}</Tag>;
}

/** Lines without a mark of their own belong to the item before them. */
function itemsOf(lines: readonly string[], mark: RegExp): ReactNode[] {
  const items: string[] = [];
  for (const line of lines) {
    if (mark.test(line) && !isIndented(line)) items.push(line.replace(mark, ''));
    else items.push(`${items.pop() ?? ''}\n${line.trim().replace(mark, '– ')}`);
  }
  return items.map((item, index) => <li key={index}>{inline(item)}</li>);
}

const spans = /`([^`]+)`|!\[([^\]]*)\]\(([^)\s]+)\)|\[([^\]]+)\]\(([^)\s]+)\)|\*\*(.+?)\*\*|__(.+?)__|\*([^*\n]+)\*|\b_([^_\n]+)_\b|\n/g;

function inline(text: string): ReactNode {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(spans)) {
    parts.push(text.slice(from, match.index), <Fragment key={match.index}>{span(match)}</Fragment>);
    from = match.index + match[0].length;
  }
  return [...parts, text.slice(from)];
}

function span([whole, code, alt, source, label, href, strong, strongToo, weak, weakToo]: RegExpExecArray): ReactNode {
  if (whole === '\n') return <br />;
  if (code !== undefined) return <code>{code}</code>;
  if (source !== undefined) return isSafe(source) ? <img src={source} alt={alt ?? ''} loading="lazy" referrerPolicy="no-referrer" /> : alt;
  if (href !== undefined) return isSafe(href) ? <a href={href} target="_blank" rel="noreferrer">{label}</a> : label;
  const bold = strong ?? strongToo;
  return bold === undefined ? <em>{weak ?? weakToo}</em> : <strong>{inline(bold)}</strong>;
}

function isSafe(address: string): boolean {
  return /^(https?:\/\/|mailto:|\/(?!\/)|#)/i.test(address);
}
