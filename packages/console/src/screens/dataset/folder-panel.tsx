import { UnstyledButton } from '@mantine/core';
import { IconChevronRight, IconFolder, IconFolderOpen, IconStack2 } from '@tabler/icons-react';
import { useState } from 'react';
import { texts } from '../../texts.ts';
import classes from './folder-panel.module.css';
import { folderTree, type FolderNode } from './folder-tree.ts';

export interface FolderPanelProps {
  folders: Iterable<string>;
  /** Whether these are all; else those seen so far. */
  complete: boolean;
  current: string;
  open: (folder: string) => void;
}

/** The folders of a dataset as a tree; choosing one narrows the grid to it and what lies below. */
export function FolderPanel({ folders, complete, current, open }: FolderPanelProps) {
  const tree = folderTree(folders);
  return (
    <nav className={classes['panel']} aria-label={texts.dataset.folders}>
      <UnstyledButton className={classes['line'] ?? ''} data-current={current === '/'} aria-current={current === '/' ? 'true' : undefined} onClick={() => open('/')}>
        <span className={classes['indent']} style={{ width: 4 }} />
        <IconStack2 size={16} aria-hidden />
        <span className={classes['name']}>{texts.dataset.root}</span>
      </UnstyledButton>
      <Level nodes={tree} depth={0} current={current} open={open} />
      {!complete && <p className={classes['note']}>{texts.dataset.foldersSoFar}</p>}
    </nav>
  );
}

function Level({ nodes, depth, current, open }: { nodes: readonly FolderNode[]; depth: number; current: string; open: (folder: string) => void }) {
  return (
    <ul className={classes['level']}>
      {nodes.map((node) => (
        <Folder key={node.path} node={node} depth={depth} current={current} open={open} />
      ))}
    </ul>
  );
}

function Folder({ node, depth, current, open }: { node: FolderNode; depth: number; current: string; open: (folder: string) => void }) {
  const inside = current === node.path || current.startsWith(`${node.path}/`);
  const [expanded, setExpanded] = useState<boolean>();
  const shown = expanded ?? (inside || depth === 0);
  const isCurrent = current === node.path;
  const Icon = isCurrent ? IconFolderOpen : IconFolder;
  return (
    <li>
      <div className={classes['line']} data-current={isCurrent}>
        <span className={classes['indent']} style={{ width: depth * 14 }} />
        {node.children.length > 0 ? (
          <UnstyledButton className={classes['toggle'] ?? ''} aria-expanded={shown} aria-label={texts.dataset.openFolder(node.name)} onClick={() => setExpanded(!shown)}>
            <IconChevronRight size={14} aria-hidden className={classes['chevron']} data-open={shown} />
          </UnstyledButton>
        ) : (
          <span className={classes['toggle']} />
        )}
        <UnstyledButton className={classes['folder'] ?? ''} aria-current={isCurrent ? 'true' : undefined} title={node.path} onClick={() => open(node.path)}>
          <Icon size={16} aria-hidden />
          <span className={classes['name']}>{node.name}</span>
        </UnstyledButton>
      </div>
      {shown && node.children.length > 0 && <Level nodes={node.children} depth={depth + 1} current={current} open={open} />}
    </li>
  );
}
