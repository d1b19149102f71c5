import { IconUpload } from '@tabler/icons-react';
import { useEffect, useRef, useState, type DragEvent, type ReactNode } from 'react';
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
  const quiet = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  const end = () => {
    clearTimeout(quiet.current);
    setOver(false);
  };
  // Browsers tell of what hovers several times a second. Entering and leaving are not counted: what is under the pointer may be
  // replaced meanwhile (by the first items, say), and is then never left.
  const hover = () => {
    clearTimeout(quiet.current);
    quiet.current = setTimeout(end, 1000);
    setOver(true);
  };
  useEffect(() => () => clearTimeout(quiet.current), []);
  return (
    <div
      className={classes['zone']}
      onDragOver={(event) => {
        if (!isFiles(event)) return;
        // Even where nothing is taken: the browser would leave the page and show the file.
        event.preventDefault();
        event.dataTransfer.dropEffect = enabled ? 'copy' : 'none';
        if (enabled) hover();
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node) || !event.currentTarget.contains(event.relatedTarget)) end();
      }}
      onDrop={(event) => {
        if (!isFiles(event)) return;
        event.preventDefault();
        end();
        if (enabled) onDrop(droppedEntries(event.dataTransfer));
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
