/** What a source gives, until it is given up. */
export type Revocable<T> = {
  items: AsyncIterable<T>;
  /** Has who waits for an item, and who asks for one later, rejected with `reason`, and the source let go of what it holds. */
  giveUp(reason: unknown): void;
};

/** A source that can be given up while it is waited for: one that stalls heeds nothing that is asked of it. */
export function revocable<T>(source: AsyncIterable<T> | Iterable<T>): Revocable<T> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let given: { reason: unknown } | undefined;
  let stopWaiting = (_reason: unknown): void => undefined;
  // Not a race with one promise of its end: that would keep every item until then.
  const next = (): Promise<IteratorResult<T>> =>
    new Promise((resolve, reject) => {
      if (given !== undefined) return reject(given.reason);
      stopWaiting = reject;
      Promise.resolve(iterator.next()).then(resolve, reject);
    });
  return {
    items: { [Symbol.asyncIterator]: () => ({ next }) },
    giveUp(reason) {
      if (given !== undefined) return;
      given = { reason };
      stopWaiting(reason);
      letGo(iterator).catch(() => undefined);
    },
  };
}

/** A source that stalls may never answer, and there is nobody left to hear that it could not. */
async function letGo(iterator: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
  await iterator.return?.();
}
