import { ActionTable, comboOf, keyInput, normalCombo, type Action } from '@fovea/editor';
import { Button, Modal, TextInput, VisuallyHidden } from '@mantine/core';
import { useState, type KeyboardEvent } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { writtenKeys } from './keys.ts';
import type { Shortcuts } from './session/stored.ts';

export interface ShortcutListProps {
  table: ActionTable;
  shortcuts: Shortcuts;
  onChange: (shortcuts: Shortcuts) => void;
  onClose: () => void;
}

/** Every action with its keys; a click on them waits for others. */
export function ShortcutList({ table, shortcuts, onChange, onClose }: ShortcutListProps) {
  const [search, setSearch] = useState('');
  const [waiting, setWaiting] = useState<string>();
  const wanted = search.toLowerCase();
  const groups = [...Map.groupBy(table.actions, ({ group }) => group).values()].flat();
  const shown = groups.filter(({ title, group, id }) => `${title} ${group} ${table.shortcutsOf(id).map(writtenKeys).join(' ')}`.toLowerCase().includes(wanted));
  const set = (id: string, combos: readonly string[] | undefined) => {
    const { [id]: _old, ...others } = shortcuts;
    onChange(combos === undefined ? others : { ...others, [id]: combos });
    setWaiting(undefined);
  };
  /** Leaves the keys of an action to it alone. */
  const takeAway = ({ id }: Action, others: readonly Action[]) => {
    const mine = table.shortcutsOf(id);
    onChange({ ...shortcuts, ...Object.fromEntries(others.map((other) => [other.id, table.shortcutsOf(other.id).filter((combo) => !mine.includes(combo))])) });
  };
  const onKeyDown = (action: Action) => (event: KeyboardEvent) => {
    if (waiting !== action.id || ['Shift', 'Control', 'Alt', 'Meta', 'Tab'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') setWaiting(undefined);
    else set(action.id, [normalCombo(comboOf(keyInput(event.nativeEvent)))]);
  };
  return (
    <Modal opened onClose={onClose} title={t.shortcuts.title} size="lg" closeOnEscape={waiting === undefined}>
      <div className={classes['shortcutHead']}>
        <TextInput size="xs" value={search} onChange={(event) => setSearch(event.currentTarget.value)} placeholder={t.shortcuts.search} aria-label={t.shortcuts.search} data-autofocus />
        <Button variant="default" onClick={() => onChange({})} disabled={Object.keys(shortcuts).length === 0}>
          {t.shortcuts.resetAll}
        </Button>
      </div>
      <table className={classes['shortcuts']}>
        <tbody>
          {shown.map((action, index) => (
            <Line key={action.id} action={action} isFirst={shown[index - 1]?.group !== action.group} table={table} isWaiting={waiting === action.id} isOwn={action.id in shortcuts} onWait={() => setWaiting(action.id)} onKeyDown={onKeyDown(action)} onSet={(combos) => set(action.id, combos)} onTakeAway={(others) => takeAway(action, others)} />
          ))}
        </tbody>
      </table>
    </Modal>
  );
}

interface LineProps {
  action: Action;
  isFirst: boolean;
  table: ActionTable;
  isWaiting: boolean;
  isOwn: boolean;
  onWait: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onSet: (combos: readonly string[] | undefined) => void;
  onTakeAway: (others: readonly Action[]) => void;
}

function Line({ action, isFirst, table, isWaiting, isOwn, onWait, onKeyDown, onSet, onTakeAway }: LineProps) {
  const combos = table.shortcutsOf(action.id);
  const shared = table.actions.filter(({ id }) => id !== action.id && table.shortcutsOf(id).some((combo) => combos.includes(combo)));
  return (
    <>
      {isFirst && (
        <tr>
          <th scope="rowgroup" colSpan={3} className={classes['group']}>
            {action.group}
          </th>
        </tr>
      )}
      <tr>
        <th scope="row">
          {action.title}
          {isOwn && shared.length > 0 && (
            <span className={classes['hint']}>
              {' '}
              {t.shortcuts.shared(shared.map(({ title }) => title).join(', '))}{' '}
              <button type="button" className={classes['link']} onClick={() => onTakeAway(shared)}>
                {t.shortcuts.onlyHere}
                <VisuallyHidden> {t.shortcuts.onlyHereFor(action.title)}</VisuallyHidden>
              </button>
            </span>
          )}
        </th>
        <td>
          <button type="button" className={classes['combo']} onClick={onWait} onKeyDown={onKeyDown}>
            <VisuallyHidden>{t.shortcuts.change(action.title)} </VisuallyHidden>
            {isWaiting ? t.shortcuts.press : combos.length === 0 ? '–' : combos.map((combo) => <kbd key={combo}>{writtenKeys(combo)}</kbd>)}
          </button>
        </td>
        <td className={classes['comboEnd']}>
          {(isOwn || combos.length > 0) && (
            <button type="button" className={classes['link']} onClick={() => onSet(isOwn ? undefined : [])}>
              {isOwn ? t.shortcuts.reset : t.shortcuts.none}
              <VisuallyHidden> {action.title}</VisuallyHidden>
            </button>
          )}
        </td>
      </tr>
    </>
  );
}
