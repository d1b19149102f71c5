import {
  basicProfile, cleanedPatientCharacteristics, descriptors, deviceIdentity, furtherTemporal, institutionIdentity, patientCharacteristics,
  personalDates, referencesKeptWithUids, safePrivateAttributes, structuredContent,
} from './confidentiality-profile.ts';
import { lookUpTag, tagOfKeyword } from './dictionary.ts';
import { DicomError } from './error.ts';

/** Options of the Basic Application Level Confidentiality Profile (PS3.15 sections E.3.1 to E.3.11). All off by default. */
export interface DeidentifyOptions {
  readonly retainUids?: boolean;
  readonly retainDevice?: boolean;
  readonly retainInstitution?: boolean;
  readonly retainPatientCharacteristics?: boolean;
  /** `full` keeps dates and times; `modified` moves dates by a keyed number of days, the same for all files of a patient. */
  readonly longitudinalDates?: 'full' | 'modified';
  /** Keep descriptions, with what identifies taken out (by the file's own identifiers and by patterns). */
  readonly cleanDescriptors?: boolean;
  /** Enter the content of structured reports and clean it, instead of making it dummies. */
  readonly cleanStructuredContent?: boolean;
  /** Keep overlays. Curves, and graphic annotations with their free text, are removed all the same. */
  readonly cleanGraphics?: boolean;
  /** Keep private attributes known to be without identity. */
  readonly retainSafePrivate?: boolean;
}

/**
 * keep · remove · empty · dummy · uid: map it · patient: pseudonym of the patient · shift: move the date · clean: take
 * identifying words out of the text, or enter the sequence to do so · scrub: enter, and make every text a dummy.
 */
export type Action = 'keep' | 'remove' | 'empty' | 'dummy' | 'uid' | 'patient' | 'shift' | 'clean' | 'scrub';

export interface Rules {
  /** Undefined: the attribute is not in the table. */
  actionOf(tag: number): Action | undefined;
  isSafePrivate(group: number, creator: string, element: number): string | undefined;
  /** Codes of what was done (PS3.16 CID 7050), for (0012,0064). */
  readonly codes: readonly (readonly [value: string, meaning: string])[];
}

function tagsOf(list: string): number[] {
  return list.trim().split(/\s+/).flatMap((word) => {
    const tag = /^[0-9A-F]{8}$/.test(word) ? Number.parseInt(word, 16) : tagOfKeyword(word);
    return tag === undefined ? [] : [tag];
  });
}

const temporal = new Set(['DA', 'DT', 'TM']);

/** One code out of those that depend on the object's definition: the one that keeps most objects valid. */
function basicAction(code: string, vr: string): Action {
  const isSequence = vr === 'SQ';
  switch (code) {
    case 'X': return 'remove';
    case 'Z': return 'empty';
    case 'U': return 'uid';
    case 'D': return isSequence ? 'scrub' : 'dummy';
    case 'X/Z': return 'empty';
    case 'X/Z/U*': return 'keep'; // a sequence of references: entered, its UIDs are mapped
    case 'X/D': return isSequence ? 'remove' : 'dummy';
    default: return isSequence ? 'empty' : 'dummy'; // X/Z/D and Z/D
  }
}

let profile: Map<number, { code: string; action: Action; vr: string }> | undefined;

function loadProfile(): NonNullable<typeof profile> {
  if (profile !== undefined) return profile;
  profile = new Map();
  for (const [code, list] of Object.entries(basicProfile)) {
    for (const tag of tagsOf(list)) {
      const vr = lookUpTag(tag)?.vr ?? 'UN';
      profile.set(tag, { code, vr, action: basicAction(code, vr) });
    }
  }
  return profile;
}

const patientId = 0x00100020;
const patientName = 0x00100010;

/** Compiles the table and the options into one look-up. @throws DicomError when options exclude each other */
export function compileRules(options: DeidentifyOptions): Rules {
  const dates = options.longitudinalDates;
  if (dates !== undefined && dates !== 'full' && dates !== 'modified') throw new DicomError(`longitudinalDates is «${String(dates)}»; it can be full or modified`);
  const actions = new Map<number, Action>();
  for (const [tag, { action }] of loadProfile()) actions.set(tag, action);
  const set = (list: string, action: Action): void => tagsOf(list).forEach((tag) => actions.set(tag, action));
  if (options.cleanDescriptors === true) set(descriptors, 'clean');
  if (options.cleanStructuredContent === true) set(structuredContent, 'clean');
  if (options.retainPatientCharacteristics === true) {
    set(patientCharacteristics, 'keep');
    set(cleanedPatientCharacteristics, 'clean');
  }
  if (options.retainUids === true) {
    for (const [tag, { code }] of loadProfile()) if (code === 'U') actions.set(tag, 'keep');
    set(referencesKeptWithUids, 'keep');
  }
  if (dates !== undefined) retainDates(actions, dates);
  if (options.retainDevice === true) retainGroup(actions, deviceIdentity, options);
  if (options.retainInstitution === true) retainGroup(actions, institutionIdentity, options);
  actions.set(patientId, 'patient');
  actions.set(patientName, 'patient');
  const safe = new Map(safePrivateAttributes.map(([group, creator, element, vr]) => [`${group}|${creator}|${element}`, vr]));
  return {
    actionOf: (tag) => actions.get(tag) ?? patternAction(tag, options),
    isSafePrivate: (group, creator, element) => (options.retainSafePrivate === true ? safe.get(`${group}|${creator}|${element}`) : undefined),
    codes: methodCodes(options),
  };
}

/** Device and institution: their dates still follow the date option, their UIDs are kept. */
function retainGroup(actions: Map<number, Action>, list: string, options: DeidentifyOptions): void {
  for (const tag of tagsOf(list)) {
    const isDate = temporal.has(lookUpTag(tag)?.vr ?? '');
    actions.set(tag, isDate && options.longitudinalDates === 'modified' ? 'shift' : 'keep');
  }
}

function retainDates(actions: Map<number, Action>, dates: 'full' | 'modified'): void {
  const personal = new Set(tagsOf(personalDates));
  for (const [tag, { vr }] of loadProfile()) {
    if (temporal.has(vr) && !personal.has(tag)) actions.set(tag, dates === 'full' || vr === 'TM' ? 'keep' : 'shift');
  }
  for (const tag of tagsOf(furtherTemporal)) actions.set(tag, 'keep');
}

/** Curves (50xx), overlays (60xx), other pixels (7Fxx), and what is not part of a data set. */
function patternAction(tag: number, options: DeidentifyOptions): Action | undefined {
  const group = tag >>> 16;
  const family = group & 0xff00;
  if ((tag & 0xffff) === 0 || group < 0x0008 || group >= 0xfff0) return 'remove';
  if (group === 0x1000 || group === 0x1010) return 'remove'; // retired codes, of any content
  if (family === 0x5000 || (family === 0x7f00 && group !== 0x7fe0)) return 'remove'; // 7Fxx: retired variable pixel data
  if (family !== 0x6000) return undefined;
  const element = tag & 0xffff;
  const isText = element === 0x0022 || element === 0x1500 || element === 0x4000;
  return options.cleanGraphics === true && !isText ? 'keep' : 'remove';
}

function methodCodes(options: DeidentifyOptions): [string, string][] {
  const codes: [string, string][] = [['113100', 'Basic Application Confidentiality Profile']];
  const add = (isUsed: boolean | undefined, value: string, meaning: string): void => {
    if (isUsed === true) codes.push([value, meaning]);
  };
  add(options.cleanGraphics, '113103', 'Clean Graphics Option');
  add(options.cleanStructuredContent, '113104', 'Clean Structured Content Option');
  add(options.cleanDescriptors, '113105', 'Clean Descriptors Option');
  add(options.longitudinalDates === 'full', '113106', 'Retain Longitudinal Temporal Information Full Dates Option');
  add(options.longitudinalDates === 'modified', '113107', 'Retain Longitudinal Temporal Information Modified Dates Option');
  add(options.retainPatientCharacteristics, '113108', 'Retain Patient Characteristics Option');
  add(options.retainDevice, '113109', 'Retain Device Identity Option');
  add(options.retainUids, '113110', 'Retain UIDs Option');
  add(options.retainSafePrivate, '113111', 'Retain Safe Private Option');
  add(options.retainInstitution, '113112', 'Retain Institution Identity Option');
  return codes;
}
