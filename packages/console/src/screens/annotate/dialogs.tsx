import type { ActionTable, LabelClass } from '@fovea/editor';
import { Modal } from '@mantine/core';
import { IconChevronRight, IconTag } from '@tabler/icons-react';
import type { ToolId } from '@fovea/editor';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { CommandPalette, type Command } from '../../ui/command-palette.tsx';
import { Markdown } from '../../ui/markdown.tsx';
import { toolIcons } from './icons.ts';
import { writtenKeys } from './keys.ts';
import type { Shortcuts } from './session/stored.ts';
import type { Workbench } from './session/workbench.ts';
import { ShortcutList } from './shortcut-list.tsx';
import { ReasonDialog } from './task-bar.tsx';
import type { TaskFlow } from './task-flow.ts';

export type Dialog = 'palette' | 'shortcuts' | 'instructions' | 'flag' | 'reject';

export interface DialogsProps {
  dialog: Dialog;
  bench: Workbench;
  table: ActionTable;
  shortcuts: Shortcuts;
  onShortcuts: (shortcuts: Shortcuts) => void;
  instructions: string;
  flow: TaskFlow | undefined;
  onLabel: (label: LabelClass) => void;
  onClose: () => void;
}

/** What lies over the page for a moment. */
export function Dialogs(props: DialogsProps) {
  const { dialog, table, shortcuts, onShortcuts, instructions, flow, onClose } = props;
  if (dialog === 'palette') return <CommandPalette title={t.palette.title} placeholder={t.palette.placeholder} empty={t.palette.empty} commands={commandsOf(props)} onClose={onClose} />;
  if (dialog === 'shortcuts') return <ShortcutList table={table} shortcuts={shortcuts} onChange={onShortcuts} onClose={onClose} />;
  if (dialog === 'instructions') {
    return (
      <Modal opened onClose={onClose} title={t.instructions.title} size="lg">
        <Markdown text={instructions} />
      </Modal>
    );
  }
  if (dialog === 'flag') return <ReasonDialog title={t.task.flagTitle} label={t.task.flagReason} action={t.task.flag} isRequired onClose={onClose} onReason={(reason) => flow?.flag(reason)} />;
  return <ReasonDialog title={t.review.rejectTitle} label={t.review.commentLabel} action={t.review.reject} isRequired onClose={onClose} onReason={(reason) => flow?.review('reject', reason)} />;
}

/** All that can be done now, and every label. */
function commandsOf({ bench, table, onLabel }: DialogsProps): Command[] {
  const { editor } = bench;
  const able = table.actions.filter((action) => action.id !== 'page.palette' && action.group !== 'Label' && action.when(editor));
  return [
    ...able.map((action): Command => {
      const [keys] = table.shortcutsOf(action.id);
      const tool = action.group === 'Tools' ? toolIcons[action.id.replace('tool.', '') as ToolId] : undefined;
      return { id: action.id, group: action.group, label: action.title, icon: tool ?? IconChevronRight, ...(keys !== undefined && { keys: writtenKeys(keys) }), run: () => setTimeout(() => table.run(editor, action.id)) };
    }),
    ...editor.labels.list.map((label, index): Command => ({ id: `label-${index}`, group: t.labels.title, label: label.name, icon: IconTag, run: () => onLabel(label) })),
  ];
}
