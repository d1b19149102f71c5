import type { Action, Editor, EditorSettings } from '@fovea/editor';
import { annotateTexts as t } from '../../texts-annotate.ts';

type Adjusted = keyof EditorSettings['picture'];

/** How far the picture may be adjusted. */
export const adjustments: Readonly<Record<Adjusted, { readonly min: number; readonly max: number; readonly keys: readonly [more: string, less: string] | undefined }>> = {
  brightness: { min: 0.2, max: 3, keys: ['alt+ArrowUp', 'alt+ArrowDown'] },
  contrast: { min: 0.2, max: 3, keys: ['alt+shift+ArrowUp', 'alt+shift+ArrowDown'] },
  gamma: { min: 0.2, max: 4, keys: undefined },
};
const step = 0.1;

type Switch = 'snapToGrid' | 'keepTool' | 'stayInPicture' | 'exclusiveMasks' | 'drawTracks';
const switches: readonly Switch[] = ['snapToGrid', 'keepTool', 'stayInPicture', 'exclusiveMasks', 'drawTracks'];

/** What the View menu holds and the editor has no action for, so that keys and palette reach it too. */
export function viewActions(): Action[] {
  const act = (id: string, title: string, shortcuts: readonly string[], run: (editor: Editor) => void, when: Action['when'] = () => true): Action => ({ id: `view.${id}`, title, group: 'View', shortcuts, when, run });
  const turn = (name: Switch) => act(name, t.view.switches[name], [], (editor) => editor.set({ [name]: !editor.settings[name] }), (editor) => name !== 'drawTracks' || editor.isVideo);
  return [
    ...(Object.keys(adjustments) as Adjusted[]).flatMap((what) => {
      const [more, less] = adjustments[what].keys ?? [];
      return [
        act(`${what}.more`, t.view.more[what], more === undefined ? [] : [more], (editor) => adjust(editor, what, step), (editor) => editor.settings.picture[what] < adjustments[what].max),
        act(`${what}.less`, t.view.less[what], less === undefined ? [] : [less], (editor) => adjust(editor, what, -step), (editor) => editor.settings.picture[what] > adjustments[what].min),
      ];
    }),
    ...switches.map(turn),
    act('wheel', t.view.switches.wheelZooms, [], (editor) => editor.set({ wheel: editor.settings.wheel === 'zoom' ? 'pan' : 'zoom' })),
    act('smartMasks', t.view.switches.smartMasks, [], (editor) => editor.set({ smartShape: editor.settings.smartShape === 'mask' ? 'polygon' : 'mask' })),
  ];
}

function adjust(editor: Editor, what: Adjusted, by: number): void {
  const { picture } = editor.settings;
  const { min, max } = adjustments[what];
  editor.set({ picture: { ...picture, [what]: Math.min(max, Math.max(min, Math.round((picture[what] + by) * 100) / 100)) } });
}
