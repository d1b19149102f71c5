import { Fault } from '../../fault.ts';

export interface Accepted {
  /** Of the whole answer: `multipart/related`, `application/dicom+json`, `image/png`. */
  mediaType: string;
  /** Of the parts of a multipart answer. */
  type: string | undefined;
  transferSyntax: string | undefined;
}

/** What an Accept header, or the `accept` of the query, asks for, in its order. */
export function readAccept(header: string | undefined, query: string | undefined): Accepted[] {
  const text = query ?? header ?? '*/*';
  return text.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((one) => {
    const [mediaType = '*/*', ...parameters] = one.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((part) => part.trim());
    const parameter = (name: string): string | undefined =>
      parameters.flatMap((part) => (part.toLowerCase().startsWith(`${name}=`) ? [part.slice(name.length + 1).replace(/^"|"$/g, '')] : []))[0];
    return { mediaType: mediaType.toLowerCase(), type: parameter('type')?.toLowerCase(), transferSyntax: parameter('transfer-syntax') };
  });
}

/** The first thing asked for that can be given; faults with what can be given. `offers` are media types, of parts where the answer has parts. */
export function choose(accepted: readonly Accepted[], offers: readonly string[]): { offer: string; transferSyntax: string | undefined; multipart: boolean } {
  for (const { mediaType, type, transferSyntax } of accepted) {
    const multipart = mediaType === 'multipart/related';
    const wanted = multipart ? (type ?? '*/*') : mediaType;
    const offer = offers.find((one) => wanted === '*/*' || wanted === one || (wanted.endsWith('/*') && one.startsWith(wanted.slice(0, -1))));
    if (offer !== undefined) return { offer, transferSyntax, multipart: multipart || mediaType === '*/*' };
  }
  throw new NotAcceptable(`This can be given as ${offers.join(', ')}.`);
}

/** 406: nothing of what was asked for can be given. */
export class NotAcceptable extends Fault {
  constructor(detail: string) {
    super('unsupported_media', detail);
  }
  override get status(): 415 {
    return 406 as 415;
  }
}
