/** The commands of a Markdown text's `sh` blocks, each as its words. Quotes may span lines; comments are left out. */
export function shellCommands(markdown: string): string[][] {
  const blocks = [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  return blocks.flatMap(commandsIn);
}

/** `undefined` for a command that is none of `curl`'s. Knows the flags that our pages use, and no others. */
export function curlRequest(
  words: readonly string[],
): { method: string; url: string; headers: Record<string, string>; body?: string } | undefined {
  const [program, ...rest] = words;
  if (program !== "curl") return undefined;
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let body: string | undefined;
  let url = "";
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "-X") method = rest.shift();
    else if (word === "-d" || word === "--data-binary") body = rest.shift();
    else if (word === "-H") {
      const [name = "", value = ""] = (rest.shift() ?? "").split(/:\s*(.*)/);
      headers[name] = value;
    } else if (word.startsWith("-")) throw new Error(`${word}: a flag of curl that the test does not know`);
    else url = word;
  }
  const usual = body === undefined ? "GET" : "POST";
  return { method: method ?? usual, url, headers, ...(body === undefined ? {} : { body }) };
}

function commandsIn(block: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (let at = 0; at < block.length; at++) {
    const letter = block[at] ?? "";
    if (letter === "'" || letter === '"') {
      const end = block.indexOf(letter, at + 1);
      if (end < 0) throw new Error(`a quote that does not end: ${block.slice(at, at + 40)}`);
      word = (word ?? "") + block.slice(at + 1, end);
      at = end;
    } else if (letter === "\\" && block[at + 1] === "\n") at++;
    else if (letter === "#" && word === undefined) at = Math.max(at, block.indexOf("\n", at) - 1);
    else if (letter === "\n") endCommand();
    else if (letter === " " || letter === "\t") endWord();
    else word = (word ?? "") + letter;
  }
  endCommand();
  return commands;
}
