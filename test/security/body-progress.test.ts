import { describe, expect, it } from "vitest";
import { BodyProgress } from "../../src/security/body-progress.ts";

const pace = { graceMs: 10_000, bytesPerS: 1024 };

function coming() {
  let isPaused = false;
  const request = { complete: false, destroyed: false, readableLength: 0, socket: { bytesRead: 5000 } };
  const body = new BodyProgress(Object.assign(request, { isPaused: () => isPaused }));
  return { request, body, pause: (paused: boolean) => (isPaused = paused) };
}

describe("a request's body", () => {
  it("is slow once it has not come at its pace on average, after a grace", () => {
    const { request, body } = coming();
    expect(body.look(0, pace)).toBe("coming");
    expect(body.look(10_000, pace)).toBe("coming");
    request.socket.bytesRead += 2048;
    expect(body.look(12_000, pace)).toBe("coming");
    expect(body.look(12_001, pace)).toBe("slow");
  });

  it("is not late while it waits for us, and has its grace anew then", () => {
    const { request, body, pause } = coming();
    body.look(0, pace);
    request.readableLength = 1;
    body.look(9000, pace);
    request.readableLength = 0;
    pause(true);
    body.look(18_000, pace);
    pause(false);
    expect(body.look(28_000, pace)).toBe("coming");
    expect(body.look(28_001, pace)).toBe("slow");
  });

  it("is over when it has come, or its caller is gone", () => {
    for (const end of ["complete", "destroyed"] as const) {
      const { request, body } = coming();
      body.look(0, pace);
      request[end] = true;
      expect(body.look(60_000, pace)).toBe("over");
    }
  });
});
