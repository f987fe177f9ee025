const tagsMax = 16;

/**
 * Events in the order of their times; those of one time come out in the order they went in, so a run never depends on
 * the heap's shape. A four-way heap over parallel arrays. An event may carry a tag from 0 to 15, so that one object can
 * stand in the queue for several things that befall it, and a run makes millions of objects fewer.
 */
export class EventQueue<Event> {
  private readonly times: number[] = [];
  /** How many went in before, times `tagsMax`, plus the tag. */
  private readonly orders: number[] = [];
  private readonly events: Event[] = [];
  private nextOrder = 0;
  /** The time and the tag of the event that came out last. */
  nowMs = 0;
  tag = 0;

  get size(): number {
    return this.events.length;
  }

  /** Schedules an event; one in the past happens now. */
  push(atMs: number, event: Event, tag = 0): void {
    const { times, orders, events } = this;
    const time = Math.max(atMs, this.nowMs);
    const order = this.nextOrder * tagsMax + tag;
    this.nextOrder++;
    let at = events.length;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      if ((times[parent] ?? 0) <= time) break;
      this.move(parent, at);
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    events[at] = event;
  }

  /** Takes the next event and moves the time to it; undefined: there are none. */
  pop(): Event | undefined {
    const { times, orders, events } = this;
    const first = events[0];
    if (first === undefined) return undefined;
    this.nowMs = times[0] ?? 0;
    this.tag = (orders[0] ?? 0) % tagsMax;
    const time = times.pop() ?? 0;
    const order = orders.pop() ?? 0;
    const last = events.pop();
    if (events.length > 0 && last !== undefined) {
      const at = this.sinkTo(time, order);
      times[at] = time;
      orders[at] = order;
      events[at] = last;
    }
    return first;
  }

  /** Makes a hole at the root sink to where an event of this time belongs, and answers where that is. */
  private sinkTo(time: number, order: number): number {
    const count = this.events.length;
    let at = 0;
    for (;;) {
      const firstChild = 4 * at + 1;
      if (firstChild >= count) return at;
      let least = firstChild;
      const end = Math.min(firstChild + 4, count);
      for (let child = firstChild + 1; child < end; child++) if (this.isBefore(child, least)) least = child;
      const leastTime = this.times[least] ?? 0;
      if (time < leastTime || (time === leastTime && order < (this.orders[least] ?? 0))) return at;
      this.move(least, at);
      at = least;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const timeA = this.times[a] ?? 0;
    const timeB = this.times[b] ?? 0;
    return timeA < timeB || (timeA === timeB && (this.orders[a] ?? 0) < (this.orders[b] ?? 0));
  }

  private move(from: number, to: number): void {
    const event = this.events[from];
    if (event === undefined) return;
    this.times[to] = this.times[from] ?? 0;
    this.orders[to] = this.orders[from] ?? 0;
    this.events[to] = event;
  }
}
