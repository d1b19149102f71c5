import { lastFrame, type ActionTable, type Editor } from '@fovea/editor';
import { NativeSelect } from '@mantine/core';
import {
  IconArrowsJoin, IconArrowsSplit2, IconEyeOff, IconKeyframe, IconLogout, IconPlayerPauseFilled, IconPlayerPlayFilled, IconPlayerSkipBack, IconPlayerSkipForward, IconPlayerTrackNext, IconPlayerTrackPrev, IconTargetArrow, type Icon,
} from '@tabler/icons-react';
import { useEffect, useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { annotateTexts as t } from '../../../texts-annotate.ts';
import { formatDuration } from '../../../ui/format.ts';
import page from '../annotate.module.css';
import { useEditorEvents, useStore } from '../hooks.ts';
import { writtenKeys } from '../keys.ts';
import type { FrameReader } from './frame-reader.ts';
import type { Player } from './player.ts';
import classes from './timeline.module.css';

const speeds = [0.125, 0.25, 0.5, 1, 2, 4, 8];

export interface TimelineProps {
  editor: Editor;
  player: Player;
  table: ActionTable;
  run: (actionId: string) => void;
}

/** Plays, steps, and shows where in the video what is. */
export function Timeline({ editor, player, table, run }: TimelineProps) {
  useEditorEvents(editor, 'frame', 'selection', 'document');
  const isPlaying = useStore(player.isPlaying);
  const speed = useStore(player.speed);
  const shown = useStore(player.shown);
  const shared = { editor, table, run };
  return (
    <section className={classes['timeline']} aria-label={t.video.timeline} data-region="timeline">
      <div className={classes['buttons']}>
        <Step id="video.first" icon={IconPlayerSkipBack} {...shared} />
        <Step id="video.previousKeyframe" icon={IconPlayerTrackPrev} {...shared} />
        <Step id="video.previous" icon={IconPlayerPlayFilled} isTurned {...shared} />
        <Step id="video.play" icon={isPlaying ? IconPlayerPauseFilled : IconPlayerPlayFilled} isMain {...shared} />
        <Step id="video.next" icon={IconPlayerPlayFilled} {...shared} />
        <Step id="video.nextKeyframe" icon={IconPlayerTrackNext} {...shared} />
        <Step id="video.last" icon={IconPlayerSkipForward} {...shared} />
        <NativeSelect size="xs" w={74} aria-label={t.video.speed} value={String(speed)} data={speeds.map((one) => ({ value: String(one), label: `${one}×` }))} onChange={(event) => player.speed.set(Number(event.currentTarget.value))} />
        <label className={classes['number']}>
          {t.video.frame}
          <input type="number" min={0} max={player.frames.count - 1} value={editor.frame} onChange={(event) => editor.setFrame(Number(event.currentTarget.value))} />
          <span>{`/ ${player.frames.count - 1}`}</span>
        </label>
        <span className={classes['time']} data-waiting={shown !== editor.frame}>
          {formatDuration(player.frames.secondsOf(editor.frame))}
        </span>
        <span className={classes['gap']} />
        <Step id="track.keyframe" icon={IconKeyframe} {...shared} />
        <Step id="track.outside" icon={IconLogout} {...shared} />
        <Step id="track.occluded" icon={IconEyeOff} {...shared} />
        <Step id="track.split" icon={IconArrowsSplit2} {...shared} />
        <Step id="track.merge" icon={IconArrowsJoin} {...shared} />
        <Step id="track.forward" icon={IconTargetArrow} {...shared} />
      </div>
      <Strip editor={editor} player={player} />
    </section>
  );
}

function Step(props: { id: string; icon: Icon; editor: Editor; table: ActionTable; run: (id: string) => void; isMain?: boolean; isTurned?: boolean }) {
  const { id, icon: Shown, editor, table, run, isMain = false, isTurned = false } = props;
  const title = table.get(id)?.title ?? id;
  const [keys] = table.shortcutsOf(id);
  return (
    <button type="button" className={page['tool']} data-main={isMain} aria-label={title} title={keys === undefined ? title : `${title} (${writtenKeys(keys)})`} onClick={() => run(id)} disabled={table.get(id)?.when(editor) !== true}>
      <Shown size={15} aria-hidden {...(isTurned && { style: { transform: 'scaleX(-1)' } })} />
    </button>
  );
}

const mostTracks = 8;

/** The whole video from left to right: thumbnails, the tracks of the selection (or the first few) with their key frames, the frame shown. */
function Strip({ editor, player }: { editor: Editor; player: Player }) {
  const box = useRef<HTMLDivElement>(null);
  const { count } = player.frames;
  const last = Math.max(1, count - 1);
  const tracks = (editor.selection.size > 0 ? editor.selection.records() : editor.document.ordered().filter(({ frame }) => frame !== null)).slice(0, mostTracks);
  const seek = (event: PointerEvent) => {
    const rect = box.current?.getBoundingClientRect();
    if (rect) editor.setFrame(((event.clientX - rect.left) / rect.width) * last);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -count, End: count }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    editor.setFrame(editor.frame + step);
  };
  const percent = (frame: number) => `${(Math.min(frame, last) / last) * 100}%`;
  return (
    <div
      ref={box}
      className={classes['strip']}
      role="slider"
      tabIndex={0}
      aria-label={t.video.frame}
      aria-valuemin={0}
      aria-valuemax={count - 1}
      aria-valuenow={editor.frame}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        seek(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && seek(event)}
    >
      <Thumbnails frames={player.frames} />
      {tracks.map((record) => {
        const from = record.frame ?? 0;
        const to = Math.min(last, record.keyframes ? lastFrame(record) : (record.endFrame ?? from));
        return (
          <div key={record.id} className={classes['track']}>
            <div className={classes['range']} style={{ left: percent(from), width: `max(3px, ${((to - from) / last) * 100}%)`, background: editor.labels.color(record.label) }} />
            {record.keyframes?.map(({ frame, outside }) => <span key={frame} className={classes['key']} data-outside={outside === true} style={{ left: percent(frame) }} />)}
          </div>
        );
      })}
      <div className={classes['head']} style={{ left: percent(editor.frame) }} />
    </div>
  );
}

const thumbnailCount = 14;
const thumbnailHeight = 36;

function Thumbnails({ frames }: { frames: FrameReader }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isOver = false;
    const paint = async () => {
      const chosen = Array.from({ length: thumbnailCount }, (_, at) => Math.floor(((at + 0.5) / thumbnailCount) * frames.count));
      const context = canvas.current?.getContext('2d');
      let at = 0;
      for await (const picture of frames.thumbnails(chosen, thumbnailHeight)) {
        if (isOver || !canvas.current || !context) return;
        const width = canvas.current.width / thumbnailCount;
        const shownHeight = picture ? Math.max(thumbnailHeight, (width * picture.height) / picture.width) : thumbnailHeight;
        if (picture) context.drawImage(picture, at * width, (thumbnailHeight - shownHeight) / 2, width, shownHeight);
        at += 1;
      }
    };
    // Without them the timeline works all the same.
    paint().catch(() => undefined);
    return () => void (isOver = true);
  }, [frames]);
  return <canvas ref={canvas} width={thumbnailCount * 64} height={thumbnailHeight} className={classes['thumbnails']} aria-hidden />;
}
