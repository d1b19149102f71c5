import type { Item } from '@fovea/contract';
import { Alert, Button, Group, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { hasCode } from '../../api/errors.ts';
import { texts } from '../../texts.ts';
import { ErrorText } from '../../ui/error-text.tsx';
import { notify } from '../../ui/notices.ts';
import { changeItem, takeItem } from './change-item.ts';
import frame from './item.module.css';
import { parseMetadata, printMetadata } from './metadata-text.ts';

/** The metadata of an item as JSON: checked while typing, saved against the revision it was read at. */
export function MetadataEditor({ item, mayChange }: { item: Item; mayChange: boolean }) {
  const t = texts.item;
  // The item that the text began with: other changes to the item must not make this one overwrite metadata unseen.
  const [base, setBase] = useState(item);
  const [text, setText] = useState(() => printMetadata(item.metadata));
  const parsed = parseMetadata(text);
  const dirty = text !== printMetadata(base.metadata);
  const shown = dirty ? base : item;
  const save = useMutation({
    mutationFn: async ({ metadata, over }: { metadata: Record<string, unknown>; over: boolean }) => changeItem(sameMetadata(item, shown) ? item : shown, { metadata }, { over }),
    onSuccess: (changed) => {
      start(changed);
      notify({ tone: 'good', text: texts.common.saved });
    },
    meta: { quiet: true },
  });
  const reload = useMutation({
    mutationFn: () => fovea.items.get(item.id),
    onSuccess: (fresh) => {
      takeItem(fresh);
      start(fresh);
    },
  });
  function start(from: Item): void {
    setBase(from);
    setText(printMetadata(from.metadata));
    save.reset();
  }
  if (!dirty && !sameMetadata(item, base)) start(item);
  useBlocker({ shouldBlockFn: () => dirty && !window.confirm(t.unsaved), enableBeforeUnload: () => dirty, disabled: !dirty });

  const conflict = hasCode(save.error, 'revision_conflict');
  return (
    <section className={frame['section']}>
      <h2 className={frame['heading']}>{t.metadata}</h2>
      <Textarea
        size="xs"
        aria-label={t.metadataLabel}
        value={text}
        readOnly={!mayChange}
        onChange={(event) => setText(event.currentTarget.value)}
        error={parsed.fault}
        autosize
        minRows={4}
        maxRows={24}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: 1.5 } }}
      />
      {conflict ? (
        <Alert color="yellow" variant="light" p="xs" mt="sm" role="alert">
          {t.conflict}
          <Group gap="xs" mt="xs">
            <Button variant="default" loading={reload.isPending} onClick={() => reload.mutate()}>
              {t.loadTheirs}
            </Button>
            <Button variant="default" disabled={!parsed.metadata} onClick={() => parsed.metadata && save.mutate({ metadata: parsed.metadata, over: true })}>
              {t.saveOver}
            </Button>
          </Group>
        </Alert>
      ) : (
        <ErrorText error={save.error} />
      )}
      {mayChange && dirty && !conflict && (
        <Group gap="xs" mt="xs" justify="flex-end">
          <Button variant="default" onClick={() => start(item)}>
            {t.revert}
          </Button>
          <Button disabled={!parsed.metadata} loading={save.isPending} onClick={() => parsed.metadata && save.mutate({ metadata: parsed.metadata, over: false })}>
            {texts.common.save}
          </Button>
        </Group>
      )}
    </section>
  );
}

function sameMetadata(a: Item, b: Item): boolean {
  return a === b || printMetadata(a.metadata) === printMetadata(b.metadata);
}
