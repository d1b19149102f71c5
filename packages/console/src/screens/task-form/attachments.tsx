import type { Task } from '@fovea/contract';
import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { itemQuery } from '../../api/items.ts';
import { productTexts } from '../../texts-product.ts';
import { Stage } from '../item/stage.tsx';
import { asList, asText, isObject } from './form-kind.ts';
import classes from './task-form.module.css';

const t = productTexts.form;

/** What the task is about: its item, and what its parameters name. */
export function Attachments({ task }: { task: Task }) {
  const item = useQuery({ ...itemQuery(task.itemId ?? ''), enabled: task.itemId !== null });
  const { params } = task;
  const shown = [...asList(params['attachments']), ...(task.itemId === null ? [params['attachment'] ?? task.attachment] : [])].filter((one) => one !== undefined && one !== null);
  const isText = params['attachment_type'] === 'text';
  return (
    <>
      {item.data && (
        <div className={classes['stage']}>
          <Stage item={item.data} />
        </div>
      )}
      <ol className={classes['attachments']}>
        {shown.map((one, index) => (
          <li key={index}>
            <span className={classes['number']}>{t.attachmentOf(index + 1)}</span>
            <Attachment value={one} isText={isText} />
          </li>
        ))}
      </ol>
    </>
  );
}

/** What a task of no form of its own asks, as its parameters have it. */
export function Given({ params }: { params: Task['params'] }) {
  const { attachment: _attachment, attachments: _attachments, hypothesis: _hypothesis, title: _title, ...asked } = params;
  if (Object.keys(asked).length === 0) return null;
  return (
    <section aria-label={t.given}>
      <span className={classes['number']}>{t.given}</span>
      <pre className={classes['given']} tabIndex={0}>
        {JSON.stringify(asked, null, 2)}
      </pre>
    </section>
  );
}

function Attachment({ value, isText }: { value: unknown; isText: boolean }) {
  const content = isObject(value) ? asText(value['content'] ?? value['url']) : asText(value);
  const text = isText || (isObject(value) && value['type'] === 'text');
  if (text || !/^https?:\/\//.test(content)) return <div className={classes['text']}>{content}</div>;
  return (
    <Anchor href={content} target="_blank" rel="noreferrer" title={t.open} size="sm">
      {content}
    </Anchor>
  );
}
