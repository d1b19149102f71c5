import { IconUpload } from '@tabler/icons-react';
import { useRef, useState, type DragEvent, type ReactNode } from 'react';
import { texts } from '../../texts.ts';
import { droppedEntries } from '../../upload/collect.ts';
import classes from './drop-zone.module.css';

export interface DropZoneProps {
  enabled: boolean;
  /** The folder that what is dropped goes into. */
  folder: string;
  onDrop: (entries: (FileSystemEntry | File)[]) => void;
  children: ReactNode;
}

/** Takes files and folders dropped anywhere on what it holds, and says so while they hover. */
export function DropZone({ enabled, folder, onDrop, children }: DropZoneProps) {
  const [over, setOver] = useState(false);
  // Enter and leave come for every element inside: only the last leave is one.
  const depth = useRef(0);
  const takes = (event: DragEvent) => enabled && event.dataTransfer.types.includes('Files');
  const end = () => {
    depth.current = 0;
    setOver(false);
  };
  return (
    <div
      className={classes['zone']}
      onDragEnter={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        depth.current += 1;
        setOver(true);
      }}
      onDragOver={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
      }}
      onDragLeave={(event) => {
        if (!takes(event)) return;
        depth.current -= 1;
        if (depth.current <= 0) end();
      }}
      onDrop={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        end();
        onDrop(droppedEntries(event.dataTransfer));
      }}
    >
      {children}
      {over && (
        <div className={classes['veil']}>
          <IconUpload size={34} stroke={1.4} aria-hidden />
          <div className={classes['title']}>{texts.dataset.dropHere}</div>
          {folder !== '/' && <div>{texts.dataset.dropInto(folder)}</div>}
        </div>
      )}
    </div>
  );
}
