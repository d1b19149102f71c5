import type { Action, Editor } from '@fovea/editor';
import { scanTexts } from '../../../texts-scan.ts';
import { annotateTexts as t } from '../../../texts-annotate.ts';
import { fullRange, presets } from '../../item/scan/frame.ts';
import type { ScanPicture } from './scan-picture.ts';

export type PresetName = keyof typeof scanTexts.presets;

/** Windows that a scan can be shown through; those in Hounsfield units for computed tomography only. */
export function presetNames(isHounsfield: boolean): PresetName[] {
  return (Object.keys(scanTexts.presets) as PresetName[]).filter((name) => isHounsfield || !(name in presets));
}

export function setPreset(editor: Editor, scan: ScanPicture, name: PresetName): void {
  if (name === 'default') editor.set({ window: undefined });
  else if (name !== 'full') editor.set({ window: presets[name] });
  else if (scan.frame?.kind === 'values') editor.set({ window: fullRange(scan.frame) });
}

/** The presets for keys and palette: Alt with a digit. */
export function presetActions(scan: ScanPicture, isHounsfield: boolean): Action[] {
  return presetNames(isHounsfield).map((name, index) => ({
    id: `scan.window.${name}`,
    title: t.scan.window(scanTexts.presets[name]),
    group: 'Scan',
    shortcuts: [`alt+${index + 1}`],
    when: () => scan.window !== undefined,
    run: (editor) => setPreset(editor, scan, name),
  }));
}
