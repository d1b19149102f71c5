import type { DataSet, DicomElement } from './dataset.ts';
import { decompressDicom } from './decompress.ts';
import { compileRules } from './deidentify-rules.ts';
import type { Action, DeidentifyOptions, Rules } from './deidentify-rules.ts';
import { isPrivateTag, lookUpTag, tagText } from './dictionary.ts';

import { keyedMapping, shiftDate } from './keyed-mapping.ts';
import type { KeyedMapping } from './keyed-mapping.ts';
import { nestedItems } from './nested-items.ts';
import { parseDicom } from './parse.ts';
import type { DicomFile } from './parse.ts';
import { matchingRegions, planPixels } from './pixel-cleaning.ts';
import type { PixelRule } from './pixel-cleaning.ts';
import { textCleaner } from './text-cleaning.ts';
import type { TextCleaner } from './text-cleaning.ts';
import { isSoundValue } from './value-check.ts';
import { implementation, inTagOrder, rewriteDicom, textValue } from './write.ts';
import type { DataSetPlan, ElementChange, NewElement } from './write.ts';

export interface Deidentification {
  readonly options?: DeidentifyOptions;
  /** Secret of the project, at least 16 bytes: the same key gives the same UIDs, pseudonyms and date shifts. */
  readonly key: string | Uint8Array;
  /** Regions to black out (Clean Pixel Data Option), by what the header says. */
  readonly pixelRules?: readonly PixelRule[];
}

/** What was done to an attribute. Never says what stood there. */
export interface DeidentifyAction {
  /** `(0010,0010)`; within sequences with the tags and 0-based items that lead to it: `(0008,1115)[0].(0008,1155)`. */
  readonly path: string;
  readonly keyword?: string;
  readonly action: 'removed' | 'emptied' | 'replaced' | 'uid-mapped' | 'pseudonym' | 'date-shifted' | 'cleaned' | 'retained';
  readonly reason?: string;
}

export interface DeidentifyReport {
  readonly actions: readonly DeidentifyAction[];
  /** The pixels were blacked out in these regions (columns and rows). */
  readonly blackedOut: readonly { x: number; y: number; width: number; height: number }[];
  /** What a person should look at: pixels that may hold text, a face that could be rebuilt. */
  readonly warnings: readonly string[];
  /** New identity, also to name the file by: `fileName` says nothing about the patient. */
  readonly sopInstanceUid?: string;
  readonly patientId?: string;
  readonly fileName: string;
}

/** De-identifies one file; see `createDeidentifier`. @throws DicomError */
export function deidentifyDicom(bytes: Uint8Array, settings: Deidentification): { bytes: Uint8Array; report: DeidentifyReport } {
  return createDeidentifier(settings)(bytes);
}

/**
 * Makes a function that de-identifies files by PS3.15 annex E, Basic Application Level Confidentiality Profile, with the
 * options given. What the profile does not name keeps its bytes; transfer syntax, lengths and order are kept. Preamble,
 * group lengths, padding, trailing bytes, private attributes and attributes unknown to the dictionary go.
 * @throws DicomError when the key is too short, options exclude each other, or a file cannot be read
 */
export function createDeidentifier(settings: Deidentification): (bytes: Uint8Array) => { bytes: Uint8Array; report: DeidentifyReport } {
  const rules = compileRules(settings.options ?? {});
  const mapping = keyedMapping(settings.key);
  return (bytes) => {
    const file = parseDicom(bytes);
    const run = new Run(file, rules, mapping, settings.options ?? {});
    return run.deidentify(matchingRegions(file, settings.pixelRules ?? []));
  };
}

/**
 * As `deidentifyDicom`, also where regions are to be blacked out in compressed frames: such a file comes back
 * uncompressed. @throws DicomError
 */
export async function deidentifyWithPixels(bytes: Uint8Array, settings: Deidentification): Promise<{ bytes: Uint8Array; report: DeidentifyReport }> {
  const file = parseDicom(bytes);
  const isCompressed = file.dataSet.get(0x7fe00010)?.fragments !== undefined;
  const needsPixels = isCompressed && matchingRegions(file, settings.pixelRules ?? []).length > 0;
  const { bytes: out, report } = deidentifyDicom(needsPixels ? await decompressDicom(bytes) : bytes, settings);
  if (!needsPixels) return { bytes: out, report };
  return { bytes: out, report: { ...report, warnings: [...report.warnings, 'the pixel data were decompressed to black regions out'] } };
}

const kept = new Set(['00020000', '00020001', '00020002', '00020003', '00020010', '00020012', '00020013'].map((hex) => Number.parseInt(hex, 16)));
const markers = new Set([0x00120062, 0x00120063, 0x00120064, 0x00280303]);
const sopInstanceUid = 0x00080018;

/** How far to go inside a sequence: `scrub` makes every text a dummy, `clean` takes identifying words out. */
type Mode = 'table' | 'scrub' | 'clean';

class Run {
  private readonly actions: DeidentifyAction[] = [];
  private readonly warnings: string[] = [];
  private readonly patient: string;
  private readonly days: number;
  private cleaner: TextCleaner | undefined;
  private readonly file: DicomFile;
  private readonly rules: Rules;
  private readonly mapping: KeyedMapping;
  private readonly options: DeidentifyOptions;

  constructor(file: DicomFile, rules: Rules, mapping: KeyedMapping, options: DeidentifyOptions) {
    this.file = file;
    this.rules = rules;
    this.mapping = mapping;
    this.options = options;
    const { dataSet } = file;
    // Without a patient, dates are moved by study: what belongs together stays together.
    const identity = dataSet.string(0x00100020) ?? dataSet.string(0x00100010) ?? dataSet.string(0x0020000d) ?? '';
    this.patient = mapping.pseudonym('patient', identity);
    this.days = mapping.dayShift(identity);
  }

  deidentify(regions: DeidentifyReport['blackedOut']): { bytes: Uint8Array; report: DeidentifyReport } {
    const { file } = this;
    const pixels = planPixels(file, regions);
    const body = this.planDataSet(file.dataSet, '', 'table', true);
    for (const [element, change] of pixels.changes) (body.changes as Map<DicomElement, ElementChange>).set(element, change);
    this.warnings.push(...pixels.warnings);
    const additions = inTagOrder([...body.additions, ...this.markers(regions.length > 0)]);
    const bytes = rewriteDicom(file, {
      meta: this.planMeta(),
      dataSet: { changes: body.changes, additions },
      preamble: 'zero',
      trailing: 'drop',
    });
    if (file.trailingStart !== undefined) this.warnings.push('bytes after the last element were dropped');
    return { bytes, report: this.report(regions) };
  }

  private report(blackedOut: DeidentifyReport['blackedOut']): DeidentifyReport {
    const old = this.file.dataSet.string(sopInstanceUid) ?? this.file.meta.string(0x00020003);
    const uid = old === undefined ? undefined : this.options.retainUids === true ? old : this.mapping.uid(old);
    const modality = (this.file.dataSet.string(0x00080060) ?? '').replace(/[^A-Z0-9]/gi, '').slice(0, 16);
    return {
      actions: this.actions, blackedOut, warnings: this.warnings,
      ...(uid === undefined ? {} : { sopInstanceUid: uid }),
      ...(this.file.dataSet.has(0x00100020) ? { patientId: this.patient } : {}),
      fileName: `${modality === '' ? 'DICOM' : modality}-${uid ?? this.mapping.uid(`file ${this.patient}`)}.dcm`,
    };
  }

  private note(path: string, tag: number, action: DeidentifyAction['action'], reason?: string): void {
    const keyword = lookUpTag(tag)?.keyword;
    this.actions.push({ path, ...(keyword === undefined ? {} : { keyword }), action, ...(reason === undefined ? {} : { reason }) });
  }

  private planMeta(): DataSetPlan {
    const { meta } = this.file;
    const changes = new Map<DicomElement, ElementChange>();
    for (const element of meta.elements) {
      const path = tagText(element.tag);
      if (!kept.has(element.tag)) {
        changes.set(element, { kind: 'remove' });
        this.note(path, element.tag, 'removed', 'file meta');
      } else if (element.tag === 0x00020003 && this.options.retainUids !== true) {
        this.mapUid(meta, element, path, changes);
      } else if (element.tag === 0x00020012 || element.tag === 0x00020013) {
        const isUid = element.tag === 0x00020012;
        changes.set(element, { kind: 'value', vr: isUid ? 'UI' : 'SH', value: textValue(isUid ? implementation.uid : implementation.name) });
        this.note(path, element.tag, 'replaced', 'names the program that wrote this file');
      } else if (element.tag !== 0x00020000 && element.tag !== 0x00020001 && !isSoundValue(meta, element, 'UI')) {
        changes.set(element, { kind: 'value', vr: 'UI', value: textValue('') });
        this.note(path, element.tag, 'emptied', 'not a UID');
      } else if (element.tag === 0x00020001) {
        changes.set(element, { kind: 'value', vr: 'OB', value: Uint8Array.of(0, 1) });
      }
    }
    return { changes, additions: [] };
  }

  private planDataSet(dataSet: DataSet, prefix: string, mode: Mode, isRoot: boolean): DataSetPlan {
    const changes = new Map<DicomElement, ElementChange>();
    const creators = this.options.retainSafePrivate === true ? privateCreators(dataSet) : undefined;
    for (const element of dataSet.elements) {
      const path = `${prefix}${tagText(element.tag)}`;
      if (isRoot && markers.has(element.tag)) changes.set(element, { kind: 'remove' }); // written anew
      else if (isPrivateTag(element.tag)) this.planPrivate(dataSet, element, path, changes, creators);
      else this.planElement(dataSet, element, path, mode, changes);
    }
    return { changes, additions: [] };
  }

  private planElement(dataSet: DataSet, element: DicomElement, path: string, mode: Mode, changes: Map<DicomElement, ElementChange>): void {
    const { tag } = element;
    const action = this.rules.actionOf(tag);
    const entry = lookUpTag(tag);
    if (action === 'remove') return this.remove(element, path, changes);
    if (entry === undefined) return this.remove(element, path, changes, 'not in the dictionary');
    const items = nestedItems(dataSet, element);
    if (items !== undefined) return this.planSequence(element, items, path, mode, action, changes);
    if (entry.vr === 'SQ') return this.remove(element, path, changes, 'a sequence that cannot be read');
    switch (action) {
      case 'empty':
        return this.replace(element, entry.vr, '', path, 'emptied', changes);
      case 'dummy':
      case 'scrub':
        return this.replace(element, entry.vr, dummyOf(entry.vr), path, 'replaced', changes);
      case 'patient':
        if (element.valueLength > 0) this.replace(element, entry.vr, this.patient, path, 'pseudonym', changes);
        return undefined;
      case 'uid':
        return this.mapUid(dataSet, element, path, changes);
      case 'shift':
        return this.shift(dataSet, element, path, changes);
      case 'clean':
        return this.clean(dataSet, element, path, changes);
      default:
        if (action === 'keep') this.note(path, tag, 'retained');
        return this.planUnlisted(dataSet, element, entry.vr, path, mode, changes);
    }
  }

  /** Attributes that the table does not name, or that an option keeps: as long as they hold what they may. */
  private planUnlisted(dataSet: DataSet, element: DicomElement, vr: string, path: string, mode: Mode, changes: Map<DicomElement, ElementChange>): void {
    const isText = vr === 'LO' || vr === 'SH' || vr === 'LT' || vr === 'ST' || vr === 'UT' || vr === 'UC' || vr === 'UR' || vr === 'PN';
    if (vr === 'PN') return this.replace(element, vr, '', path, 'emptied', changes, 'a person');
    if (mode === 'scrub' && (isText || vr === 'DA' || vr === 'DT' || vr === 'TM')) {
      return this.replace(element, vr, dummyOf(vr), path, 'replaced', changes);
    }
    if (mode === 'clean' && (vr === 'LT' || vr === 'ST' || vr === 'UT' || vr === 'LO' || vr === 'SH')) return this.clean(dataSet, element, path, changes);
    if (!isSoundValue(dataSet, element, vr)) this.replace(element, vr, '', path, 'emptied', changes, `not a value of ${vr}`);
  }

  private planSequence(
    element: DicomElement, items: readonly DataSet[], path: string, mode: Mode, action: Action | undefined, changes: Map<DicomElement, ElementChange>,
  ): void {
    if (action === 'empty' || action === 'dummy') {
      changes.set(element, { kind: 'items', plans: [] });
      if (items.length > 0) changes.set(element, { kind: 'value', vr: element.vr === 'UN' ? 'UN' : 'SQ', value: new Uint8Array(0) });
      return this.note(path, element.tag, 'emptied');
    }
    const inner: Mode = action === 'scrub' ? 'scrub' : action === 'clean' ? 'clean' : mode;
    if (inner !== mode) this.note(path, element.tag, inner === 'scrub' ? 'replaced' : 'cleaned', 'item by item');
    const plans = items.map((item, index) => this.planDataSet(item, `${path}[${index}].`, inner, false));
    changes.set(element, { kind: 'items', plans });
  }

  private planPrivate(
    dataSet: DataSet, element: DicomElement, path: string, changes: Map<DicomElement, ElementChange>, creators: PrivateBlocks | undefined,
  ): void {
    const group = element.tag >>> 16;
    const number = element.tag & 0xffff;
    const isCreator = number >= 0x10 && number <= 0xff;
    if (creators !== undefined && group > 8 && group < 0xffff) {
      const creator = creators.get((group << 8) | (isCreator ? number : number >> 8));
      const isSafe = (tag: number): string | undefined => creator === undefined ? undefined : this.rules.isSafePrivate(group, creator, tag & 0xff);
      const vr = isCreator ? undefined : isSafe(number);
      if (vr !== undefined && element.items === undefined && isSoundValue(dataSet, element, vr)) return this.note(path, element.tag, 'retained', 'safe private attribute');
      const hasSafe = isCreator && dataSet.elements.some((other) => other.tag >>> 16 === group && ((other.tag & 0xffff) >> 8) === number && isSafe(other.tag) !== undefined);
      if (hasSafe) return undefined;
    }
    this.remove(element, path, changes, 'private');
  }

  private remove(element: DicomElement, path: string, changes: Map<DicomElement, ElementChange>, reason?: string): void {
    changes.set(element, { kind: 'remove' });
    this.note(path, element.tag, 'removed', reason);
  }

  private replace(
    element: DicomElement, vr: string, text: string, path: string, action: DeidentifyAction['action'],
    changes: Map<DicomElement, ElementChange>, reason?: string,
  ): void {
    if (element.valueLength === 0 && text === '') return;
    const isBinary = isBinaryVr(vr);
    const value = isBinary ? new Uint8Array(text === '' ? 0 : binaryUnit(vr)) : textValue(text);
    changes.set(element, { kind: 'value', vr: element.vr === 'UN' ? 'UN' : vr, value });
    this.note(path, element.tag, action, reason);
  }

  private mapUid(dataSet: DataSet, element: DicomElement, path: string, changes: Map<DicomElement, ElementChange>): void {
    if (element.valueLength === 0) return;
    const mapped = dataSet.textValues(element).map((uid) => this.mapping.uid(uid.replace(/\0/g, '').trim())).join('\\');
    // What starts like a UID of the standard's own but goes on otherwise is not one.
    const isSound = /^[0-9.\\]*$/.test(mapped) && mapped.length <= 65 * 100;
    changes.set(element, { kind: 'value', vr: element.vr === 'UN' ? 'UN' : 'UI', value: textValue(isSound ? mapped : this.mapping.uid(`invalid ${mapped}`)) });
    this.note(path, element.tag, 'uid-mapped');
  }

  private shift(dataSet: DataSet, element: DicomElement, path: string, changes: Map<DicomElement, ElementChange>): void {
    if (element.valueLength === 0) return;
    const vr = lookUpTag(element.tag)?.vr ?? element.vr;
    const shifted = dataSet.textValues(element).map((value) => shiftDate(value, this.days) ?? '');
    this.replace(element, vr, shifted.some((value) => value !== '') ? shifted.join('\\') : '', path, 'date-shifted', changes);
  }

  private clean(dataSet: DataSet, element: DicomElement, path: string, changes: Map<DicomElement, ElementChange>): void {
    const vr = lookUpTag(element.tag)?.vr ?? element.vr;
    if (element.valueLength === 0) return;
    if (isBinaryVr(vr)) return this.replace(element, vr, '', path, 'emptied', changes);
    this.cleaner ??= textCleaner(this.file.dataSet, this.rules);
    const text = dataSet.decodeText(element);
    const cleaned = this.cleaner.clean(text);
    if (cleaned === text && isSoundValue(dataSet, element, vr)) return this.note(path, element.tag, 'retained', 'nothing found to clean');
    // Other than ASCII cannot be encoded without knowing the file's repertoires backwards; what is left of it goes.
    const ascii = cleaned.replace(/[^\t\n\r\f\x20-\x7e]/g, '?');
    this.replace(element, vr, ascii, path, 'cleaned', changes);
  }

  private markers(hasCleanPixels: boolean): NewElement[] {
    const codes = [...this.rules.codes];
    if (hasCleanPixels) codes.splice(1, 0, ['113101', 'Clean Pixel Data Option']);
    const dates = this.options.longitudinalDates;
    const value = dates === 'full' ? 'UNMODIFIED' : dates === 'modified' ? 'MODIFIED' : 'REMOVED';
    const text = (tag: number, vr: string, content: string): NewElement => ({ tag, vr, value: textValue(content) });
    return [
      text(0x00120062, 'CS', 'YES'),
      text(0x00120063, 'LO', 'DICOM PS3.15 Annex E Basic Application Level Confidentiality'),
      {
        tag: 0x00120064, vr: 'SQ',
        items: codes.map(([code, meaning]) => [text(0x00080100, 'SH', code), text(0x00080102, 'SH', 'DCM'), text(0x00080104, 'LO', meaning)]),
      },
      text(0x00280303, 'CS', value),
    ];
  }
}

type PrivateBlocks = Map<number, string>;

/** Private creators by group and block number (PS3.5 section 7.8.1). */
function privateCreators(dataSet: DataSet): PrivateBlocks {
  const blocks: PrivateBlocks = new Map();
  for (const element of dataSet.elements) {
    const number = element.tag & 0xffff;
    if (!isPrivateTag(element.tag) || number < 0x10 || number > 0xff) continue;
    blocks.set(((element.tag >>> 16) << 8) | number, dataSet.decodeText(element).trim());
  }
  return blocks;
}

function isBinaryVr(vr: string): boolean {
  return binaryUnit(vr) > 0;
}

const units: Record<string, number> = { AT: 4, FD: 8, FL: 4, SL: 4, SS: 2, UL: 4, US: 2, OB: 2, OD: 8, OF: 4, OL: 4, OV: 8, OW: 2, SV: 8, UN: 2, UV: 8 };
function binaryUnit(vr: string): number {
  return units[vr] ?? 0;
}

const dummies: Record<string, string> = {
  AE: 'REMOVED', AS: '000Y', CS: 'REMOVED', DA: '19000101', DS: '0', DT: '19000101000000', IS: '0', PN: 'Removed', TM: '000000', UI: '2.25.0', UR: 'about:blank',
};

/** A value of a representation that says nothing. */
function dummyOf(vr: string): string {
  return dummies[vr] ?? 'Removed';
}

