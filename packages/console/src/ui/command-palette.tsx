import { Kbd, Modal, TextInput } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import classes from './command-palette.module.css';

/** Something that can be found by typing, and done. */
export interface Command {
  id: string;
  group: string;
  label: string;
  hint?: string;
  icon: Icon;
  /** The keys that do the same, as they are written on them. */
  keys?: string | undefined;
  run: () => unknown;
}

export interface CommandPaletteProps {
  title: string;
  placeholder: string;
  /** What stands there when nothing matches. */
  empty: string;
  commands: readonly Command[];
  onClose: () => void;
}

const mostShown = 200;

/** A list of commands, narrowed by typing; arrow keys choose, Enter does it. */
export function CommandPalette({ title, placeholder, empty, commands, onClose }: CommandPaletteProps) {
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const shown = match(commands, search);
  const at = Math.min(active, Math.max(0, shown.length - 1));
  useEffect(() => list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }), [at]);

  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    void command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined && shown.length > 0) {
      event.preventDefault();
      setActive((at + move + shown.length) % shown.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(shown[at]);
    }
  };

  return (
    <Modal.Root opened onClose={onClose} padding={0} size={560} yOffset="12vh" centered={false}>
      <Modal.Overlay backgroundOpacity={0.45} />
      <Modal.Content aria-label={title}>
      <TextInput
        className={classes['input'] ?? ''}
        variant="unstyled"
        size="md"
        placeholder={placeholder}
        aria-label={title}
        role="combobox"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={shown[at] ? `palette-${shown[at].id}` : undefined}
        value={search}
        onChange={(event) => {
          setSearch(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        data-autofocus
      />
      <div ref={list} id="palette-list" role="listbox" aria-label={title} className={classes['list']}>
        {shown.map((command, index) => {
          const Icon = command.icon;
          return (
            <div
              key={command.id}
              id={`palette-${command.id}`}
              role="option"
              aria-selected={index === at}
              className={classes['option']}
              onPointerMove={() => setActive(index)}
              onClick={() => run(command)}
            >
              <Icon size={16} aria-hidden />
              <span className={classes['label']}>{command.label}</span>
              <span className={classes['hint']}>{command.hint ?? command.group}</span>
              {command.keys !== undefined && <Kbd size="xs">{command.keys}</Kbd>}
            </div>
          );
        })}
      </div>
      {shown.length === 0 && <div className={classes['empty']}>{empty}</div>}
      </Modal.Content>
    </Modal.Root>
  );
}

/** Those in which every typed word occurs; words at the beginning of the label come first. */
function match(commands: readonly Command[], search: string): Command[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter(({ label, hint, group }) => {
    const text = `${label} ${hint ?? ''} ${group}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const first = words[0];
  const begins = ({ label }: Command) => (first !== undefined && label.toLowerCase().startsWith(first) ? 0 : 1);
  return found.toSorted((a, b) => begins(a) - begins(b)).slice(0, mostShown);
}
