import { OutboundError, type Outbound } from '../engines/outbound/outbound.ts';
import { Fault } from '../fault.ts';

/** A name server that does not answer holds nobody up for longer; the address is checked again whenever it is called. */
const longestMs = 2_000;

/** Throws `address_refused` for a URL that may never be called, such as one within the private network. */
export type AddressCheck = (url: string | null | undefined) => Promise<void>;

/** What is called for a place that somebody named: an e-mail address has the payload sent as mail. */
export function callTarget(place: string): string {
  return place.includes(':') ? place : `mailto:${place}`;
}

/** Checks the addresses that somebody wants to be told at. A name that does not resolve now may do so later, and is let through. */
export function callbackAddress(outbound: Outbound): AddressCheck {
  return async (url) => {
    // Doors also know callbacks that are no URLs.
    if (url === null || url === undefined || url === '' || !url.includes(':')) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, longestMs);
    try {
      await Promise.race([outbound.check(url), late]);
    } catch (error) {
      if (error instanceof OutboundError && error.code === 'refused') throw new Fault('address_refused', error.message);
      if (!(error instanceof OutboundError)) throw error;
    } finally {
      clearTimeout(timer);
    }
  };
}
