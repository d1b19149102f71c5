import { ActionIcon, Button, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { productTexts } from '../../texts-product.ts';
import { asList, asText, isObject, optionsOf } from './form-kind.ts';
import type { QuestionProps } from './questions.tsx';
import classes from './task-form.module.css';

const t = productTexts.form;

interface Block {
  uuid: string;
  page: number;
  label: string;
  text: string;
  location: Record<string, unknown> | null;
  refs: unknown[];
}

/** The text of a document, block by block: on which page, what it is, where it stands. */
export function DocumentBlocks({ params, answer, change }: QuestionProps) {
  const blocks = asList(answer['annotations']).filter(isObject) as unknown as Block[];
  const labels = optionsOf(params['features']).map(({ value }) => String(value));
  const set = (annotations: Block[]) => change({ ...answer, annotations });
  const put = (index: number, part: Partial<Block>) => set(blocks.map((block, at) => (at === index ? { ...block, ...part } : block)));
  const add = () => set([...blocks, { uuid: crypto.randomUUID(), page: blocks.at(-1)?.page ?? 0, label: labels[0] ?? '', text: '', location: null, refs: [] }]);
  return (
    <>
      {blocks.map((block, index) => (
        <fieldset key={block.uuid} className={classes['set']}>
          <legend>{t.block(index + 1)}</legend>
          <div className={classes['block']}>
            <NumberInput label={t.page} min={0} value={block.page} onChange={(page) => put(index, { page: Number(page) })} />
            <NativeSelect label={t.labels} value={block.label} data={labels} onChange={(event) => put(index, { label: event.currentTarget.value })} />
            <ActionIcon mb={6} aria-label={t.removeBlock(index + 1)} onClick={() => set(blocks.toSpliced(index, 1))}>
              <IconX size={15} />
            </ActionIcon>
            <Textarea label={t.text} value={asText(block.text)} autosize minRows={1} maxRows={8} onChange={(event) => put(index, { text: event.currentTarget.value })} />
            <TextInput label={t.place} defaultValue={placeText(block.location)} placeholder="0, 0, 100, 20" onBlur={(event) => put(index, { location: placeOf(event.currentTarget.value) })} />
          </div>
        </fieldset>
      ))}
      <Button variant="default" leftSection={<IconPlus size={14} />} onClick={add}>
        {t.addBlock}
      </Button>
    </>
  );
}

const sides = ['left', 'top', 'width', 'height'] as const;

function placeText(location: Block['location']): string {
  return location?.['type'] === 'box' ? sides.map((side) => asText(location[side])).join(', ') : '';
}

/** Four numbers of pixels as a box; anything else is no place. */
function placeOf(text: string): Block['location'] {
  const numbers = text.split(/[\s,;]+/).filter((part) => part !== '').map(Number);
  if (numbers.length !== 4 || numbers.some(Number.isNaN)) return null;
  return { type: 'box', ...Object.fromEntries(sides.map((side, index) => [side, numbers[index]])) };
}
