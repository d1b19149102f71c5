import { useEffect, useState, type ReactNode } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { notify } from '../../ui/notices.ts';
import type { Backdrop } from './canvas.tsx';
import { loadPicture } from './session/picture.ts';
import type { Workbench } from './session/workbench.ts';
import { Workspace, type WorkspaceProps } from './workspace.tsx';

export interface StageProps {
  bench: Workbench;
  task?: WorkspaceProps['task'];
  walk?: ReactNode;
}

/** The workspace with what the item shows. */
export function ItemStage(props: StageProps) {
  return <PictureStage {...props} />;
}

function PictureStage({ bench, task, walk }: StageProps) {
  const [backdrop, setBackdrop] = useState<Backdrop>();
  useEffect(() => {
    let isOver = false;
    loadPicture(bench.item).then(
      ({ source, facts, pixels, isPreview }) => {
        if (isOver) return;
        bench.editor.setPicture(facts, pixels);
        setBackdrop({ source, isStill: true });
        if (isPreview) notify({ tone: 'plain', text: t.save.preview });
      },
      (error: unknown) => void (isOver || notify({ tone: 'bad', text: `${t.closed.picture}: ${error instanceof Error ? error.message : String(error)}` })),
    );
    return () => void (isOver = true);
  }, [bench]);
  return <Workspace bench={bench} backdrop={backdrop} walk={walk} {...(task && { task })} />;
}
