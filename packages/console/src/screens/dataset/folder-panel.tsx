import { Loader, UnstyledButton } from '@mantine/core';
import { IconChevronRight, IconFolder, IconFolderOpen, IconStack2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { memo, useEffect, useState } from 'react';
import { foldersQuery } from '../../api/items.ts';
import { texts } from '../../texts.ts';
import { LoadError } from '../../ui/error-text.tsx';
import classes from './folder-panel.module.css';

export interface FolderPanelProps {
  datasetId: string;
  /** `/` for all. */
  current: string;
  open: (folder: string) => void;
}

/** The folders of a dataset as a tree, fetched as it is opened; choosing one narrows the grid to it and what lies below. */
export const FolderPanel = memo(function FolderPanel({ datasetId, current, open }: FolderPanelProps) {
  const isCurrent = current === '/';
  return (
    <nav className={classes['panel']} aria-label={texts.dataset.folders}>
      <UnstyledButton className={classes['line'] ?? ''} data-current={isCurrent} aria-current={isCurrent ? 'true' : undefined} onClick={() => open('/')}>
        <span className={classes['indent']} style={{ width: 4 }} />
        <IconStack2 size={16} aria-hidden />
        <span className={classes['name']}>{texts.dataset.root}</span>
      </UnstyledButton>
      <Level datasetId={datasetId} folder="/" depth={0} current={current} open={open} />
    </nav>
  );
});

function Level({ folder, depth, ...panel }: FolderPanelProps & { folder: string; depth: number }) {
  const { data: folders, error, refetch } = useQuery(foldersQuery(panel.datasetId, folder));
  if (error) return <LoadError error={error} retry={() => void refetch()} />;
  if (!folders) return depth === 0 ? null : <Loader size={12} ml={depth * 14 + 28} aria-label={texts.common.loading} />;
  return (
    <ul className={classes['level']}>
      {folders.map(({ path, name }) => (
        <Folder key={path} path={path} name={name} depth={depth} alone={depth === 0 && folders.length === 1} {...panel} />
      ))}
    </ul>
  );
}

/** `alone` is opened by itself: there is nothing else to choose. */
function Folder({ path, name, depth, alone, ...panel }: FolderPanelProps & { path: string; name: string; depth: number; alone: boolean }) {
  const { current, open } = panel;
  const inside = current.startsWith(`${path}/`);
  const [expanded, setExpanded] = useState(inside || alone);
  const { data: below } = useQuery({ ...foldersQuery(panel.datasetId, path), enabled: expanded });
  useEffect(() => {
    if (inside) setExpanded(true);
  }, [inside]);
  const isCurrent = current === path;
  const Icon = isCurrent ? IconFolderOpen : IconFolder;
  return (
    <li>
      <div className={classes['line']} data-current={isCurrent}>
        <span className={classes['indent']} style={{ width: depth * 14 }} />
        {below?.length === 0 ? (
          <span className={classes['toggle']} />
        ) : (
          <UnstyledButton className={classes['toggle'] ?? ''} aria-expanded={expanded} aria-label={texts.dataset.openFolder(name)} onClick={() => setExpanded(!expanded)}>
            <IconChevronRight size={14} aria-hidden className={classes['chevron']} data-open={expanded} />
          </UnstyledButton>
        )}
        <UnstyledButton className={classes['folder'] ?? ''} aria-current={isCurrent ? 'true' : undefined} title={path} onClick={() => open(path)}>
          <Icon size={16} aria-hidden />
          <span className={classes['name']}>{name}</span>
        </UnstyledButton>
      </div>
      {expanded && <Level {...panel} folder={path} depth={depth + 1} />}
    </li>
  );
}
