import { useEffect, useState } from 'react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { notify } from '../../ui/notices.ts';
import { explain } from '../../api/errors.ts';
import { scanTexts } from '../../texts-scan.ts';
import type { Stack } from '../item/scan/frame-store.ts';
import { ScanPicture } from './scan/scan-picture.ts';
import { flipsOf } from './session/upright.ts';
import { loadPicture, pixelsOf, showPicture, type Backdrop } from './session/picture.ts';
import { createStore } from './session/store.ts';
import type { Workbench } from './session/workbench.ts';
import { openFrames } from './video/open-frames.ts';
import { Player } from './video/player.ts';
import { Workspace, type WorkspaceProps } from './workspace.tsx';

export interface StageProps {
  bench: Workbench;
  task?: WorkspaceProps['task'];
  walk?: WorkspaceProps['walk'];
}

/** Of what is drawn frame by frame. */
const noBackdrop = createStore<Backdrop | undefined>(undefined);

/** The workspace with what the item shows. */
export function ItemStage(props: StageProps) {
  const { item, stack } = props.bench;
  // What shows a scan or a video is of that one alone; pictures take each other's place.
  if (stack) return <ScanStage key={props.bench.key} {...props} stack={stack} />;
  return item.kind === 'video' ? <VideoStage key={props.bench.key} {...props} /> : <PictureStage {...props} />;
}

function ScanStage({ bench, task, walk, stack }: StageProps & { stack: Stack }) {
  const { editor } = bench;
  const [scan, setScan] = useState<ScanPicture>();
  useEffect(() => {
    let isOver = false;
    const onFault = (error: unknown) => void (isOver || notify({ tone: 'bad', text: `${t.closed.picture}: ${explain(error)}` }));
    const made = new ScanPicture({ editor, stack, flips: flipsOf(bench.item), onFault });
    editor.setPicture(editor.picture, made.pixels);
    setScan(made);
    if (stack.missing > 0) notify({ tone: 'plain', text: scanTexts.gaps(stack.missing) });
    return () => {
      isOver = true;
      made.end();
    };
  }, [bench]);
  return <Workspace bench={bench} backdrop={noBackdrop} isOnItsWay={false} {...(walk && { walk })} {...(task && { task })} {...(scan && { scan })} />;
}

function VideoStage({ bench, task, walk }: StageProps) {
  const { editor } = bench;
  const [player, setPlayer] = useState<Player>();
  const [isBroken, setIsBroken] = useState(false);
  useEffect(() => {
    let isOver = false;
    let made: Player | undefined;
    const onFault = (error: unknown) => {
      if (isOver) return;
      setIsBroken(true);
      notify({ tone: 'bad', text: `${t.closed.picture}: ${explain(error)}` });
    };
    const open = async () => {
      const frames = await openFrames(bench.item);
      if (isOver) {
        frames.end();
        return;
      }
      made = new Player({ editor, frames, onFault });
      const { width, height } = editor.picture;
      editor.setPicture({ width, height, frames: frames.count }, pixelsOf(() => made?.picture));
      setPlayer(made);
    };
    open().catch(onFault);
    return () => {
      isOver = true;
      made?.end();
    };
  }, [bench]);
  return (
    <Workspace bench={bench} backdrop={noBackdrop} isOnItsWay={!player && !isBroken} {...(walk && { walk })} {...(task && { task })} {...(player && { player })} />
  );
}

function PictureStage({ bench, task, walk }: StageProps) {
  const [broken, setBroken] = useState<Workbench>();
  useEffect(() => {
    let isOver = false;
    // Prepared ahead, it is there already.
    if (bench.backdrop.get()) return undefined;
    loadPicture(bench.item).then(
      (picture) => {
        if (isOver) return;
        showPicture(bench, picture);
        if (picture.isPreview) notify({ tone: 'plain', text: t.save.preview });
      },
      (error: unknown) => {
        if (isOver) return;
        setBroken(bench);
        notify({ tone: 'bad', text: `${t.closed.picture}: ${explain(error)}` });
      },
    );
    return () => void (isOver = true);
  }, [bench]);
  return <Workspace bench={bench} backdrop={bench.backdrop} isOnItsWay={broken !== bench} {...(walk && { walk })} {...(task && { task })} />;
}
