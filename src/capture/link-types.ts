/** LINKTYPE_ values of capture files: those that are read, and names for those that are refused. */

export const LINK_TYPE = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  pppEther: 51,
  raw: 101,
  ciscoHdlc: 104,
  loop: 108,
  linuxSll: 113,
  pppPppd: 166,
  pppWithDirection: 204,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

/** What people call the link types that they are likely to meet and that are not read here. */
const REFUSED: Readonly<Record<number, string>> = {
  6: 'IEEE 802.5 Token Ring',
  8: 'SLIP',
  10: 'FDDI',
  105: 'IEEE 802.11',
  107: 'Frame Relay',
  117: 'OpenBSD pflog',
  119: 'IEEE 802.11 with Prism header',
  122: 'IP over Fibre Channel',
  127: 'IEEE 802.11 with radiotap header',
  138: 'IP over IEEE 1394',
  143: 'DOCSIS',
  147: 'user-defined 0',
  149: 'user-defined 2, of macOS for pktap',
  163: 'IEEE 802.11 with AVS header',
  187: 'Bluetooth HCI',
  189: 'USB',
  192: 'PPI',
  195: 'IEEE 802.15.4',
  201: 'Bluetooth HCI with direction',
  220: 'USB, Linux',
  224: 'Fibre Channel',
  226: 'Solaris ipnet',
  227: 'CAN',
  239: 'netfilter log',
  242: 'IP over InfiniBand',
  247: 'InfiniBand',
  249: 'USBPcap',
  252: 'Wireshark upper PDU',
  253: 'netlink',
  258: 'Apple pktap',
};

const READ: ReadonlySet<number> = new Set(Object.values(LINK_TYPE));

export function isReadLinkType(linkType: number): boolean {
  return READ.has(linkType);
}

/** E.g. `link type 105 (IEEE 802.11) is not read`. */
export function refusalOfLinkType(linkType: number): string {
  const name = REFUSED[linkType];
  return `link type ${linkType}${name === undefined ? '' : ` (${name})`} is not read`;
}
