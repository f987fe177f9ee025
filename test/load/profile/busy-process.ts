/** A process that calls one function over and over, says where it listens, which is nowhere, and ends when it is asked to. */
function spin(): number {
  let sum = 0;
  for (let i = 0; i < 2_000_000; i++) sum += Math.sqrt(i);
  return sum;
}

function turn(): void {
  spin();
  setImmediate(turn);
}

process.once("SIGTERM", () => process.exit(0));
process.once("disconnect", () => process.exit(0));
turn();
process.send?.({ listening: "http://127.0.0.1:9" });
