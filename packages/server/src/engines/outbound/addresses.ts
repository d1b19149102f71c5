import { BlockList, isIP } from 'node:net';

/**
 * Every range that is not the public internet: IANA's special-purpose registries for IPv4 (RFC 6890 and its updates) and IPv6. What is
 * not named here is public.
 */
const privateV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

const blockedV4 = new BlockList();
for (const [network, prefix] of privateV4) blockedV4.addSubnet(network, prefix, 'ipv4');

/** Global unicast is 2000::/3; these lie inside it and are special all the same. */
const specialV6 = new BlockList();
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  specialV6.addSubnet(network, prefix, 'ipv6');
}
const globalV6 = new BlockList();
globalV6.addSubnet('2000::', 3, 'ipv6');
const nat64 = new BlockList();
nat64.addSubnet('64:ff9b::', 96, 'ipv6');

/** True for an address that anybody on the internet could have; false for everything private, local, special, or no address at all. */
export function isPublicAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  switch (isIP(plain)) {
    case 4:
      return !blockedV4.check(plain, 'ipv4');
    case 6: {
      // NAT64 carries an IPv4 address in its last 32 bits: what that address is decides.
      if (nat64.check(plain, 'ipv6')) return isPublicAddress(lastV4(plain));
      return globalV6.check(plain, 'ipv6') && !specialV6.check(plain, 'ipv6');
    }
    default:
      return false;
  }
}

/** The last 32 bits of an IPv6 address as an IPv4 one. */
function lastV4(address: string): string {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(':');
  const low = Number.parseInt(groups.at(-1) || '0', 16);
  const high = Number.parseInt(groups.at(-2) || '0', 16);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
