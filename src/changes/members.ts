/** A leaf as it announces itself to the roots. */
export type Announcement = {
  name: string;
  zone?: string;
  url: string;
  /** It is about to end for good, and wants its replicas placed elsewhere. */
  leaving: boolean;
  /** Differs after every start; announcements that were kept by earlier versions have none. */
  life?: string;
};

/** A leaf's last announcement. `beat` grows with each, so that whoever watches can count from its own clock. */
export type MemberRecord = Announcement & { beat: number };

/**
 * The leaves that have announced themselves, as all roots of one log see them. A record stands until it is taken away:
 * it says nothing of whether the leaf lives, only its changing `beat` does. No instant is kept, since no two machines'
 * clocks agree.
 */
export type MemberLog = {
  all(): Promise<MemberRecord[]>;
  /** Keeps a leaf's announcement instead of its last one. Durable where it differs. */
  announce(member: Announcement): Promise<void>;
  /** Takes a leaf away; with `beat` only if it has not announced itself since. Says whether it did. */
  remove(name: string, beat?: number): Promise<boolean>;
  /** Calls back soon after each announcement and removal, whichever root took it. Returns the unsubscriber. */
  onChange(listener: () => void): () => void;
};

/** Whether two announcements say the same. */
export function saysTheSame(a: Announcement, b: Announcement): boolean {
  return a.name === b.name && a.zone === b.zone && a.url === b.url && a.leaving === b.leaving && a.life === b.life;
}

/** An announcement and nothing else, whatever came with it. */
export function announcementOf({ name, zone, url, leaving, life }: Announcement): Announcement {
  return { name, ...(zone === undefined ? {} : { zone }), url, leaving, ...(life === undefined ? {} : { life }) };
}
