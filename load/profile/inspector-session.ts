import { asNumber, asRecord, asText } from "../../src/command/answers.ts";

/** A talk with the inspector of a Node process. */
export type InspectorSession = {
  /** Resolves to what a method returns. Rejects where it is refused, or the talk ends first. */
  call(method: string, parameters?: object): Promise<Record<string, unknown>>;
  close(): void;
};

type Waiting = { resolve(result: Record<string, unknown>): void; reject(error: Error): void };

/** Begins a talk at the address that the process has told. The process need not wait for its end when it ends itself. */
export async function openSession(url: string): Promise<InspectorSession> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let isOver = false;
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("its inspector could not be reached")));
    socket.addEventListener("close", () => {
      isOver = true;
      reject(ended());
      for (const { reject: refuse } of waiting.values()) refuse(ended());
      waiting.clear();
    });
    socket.addEventListener("message", ({ data }) => {
      const message = asRecord(JSON.parse(String(data)));
      if (message.method === "NodeRuntime.waitingForDisconnect") socket.close();
      else settle(message, waiting);
    });
  });
  const call: InspectorSession["call"] = (method, parameters = {}) =>
    new Promise((resolve, reject) => {
      if (isOver) {
        reject(ended());
        return;
      }
      last++;
      waiting.set(last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params: parameters }));
    });
  // Without this a process that is asked to end stays until everybody who looks into it has gone.
  await call("NodeRuntime.notifyWhenWaitingForDisconnect", { enabled: true });
  return { call, close: () => socket.close() };
}

function settle({ id, result, error }: Record<string, unknown>, waiting: Map<number, Waiting>): void {
  const number = asNumber(id);
  const who = number === undefined ? undefined : waiting.get(number);
  if (number === undefined || who === undefined) return;
  waiting.delete(number);
  if (error === undefined) who.resolve(asRecord(result));
  else who.reject(new Error(asText(asRecord(error).message) ?? "the inspector refused"));
}

function ended(): Error {
  return new Error("it ended, or was started anew");
}
